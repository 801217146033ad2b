// Shows the times in the visitor's own zone. Without this script the list of zones does the same by hand.
const list = document.querySelector("select[data-guess]");
const own = Intl.DateTimeFormat().resolvedOptions().timeZone;
if (list && own && own !== list.value && [...list.options].some((option) => option.value === own)) {
  const address = new URL(location.href);
  address.searchParams.set("tz", own);
  location.replace(address);
}
