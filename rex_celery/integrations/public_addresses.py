"""Which IP addresses are on the internet: what a tenant names must not lead into the network that REX stands in."""

from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

# IPv6 addresses that stand for an IPv4 one behind a translator (RFC 6052).
_TRANSLATED = ip_network("64:ff9b::/96")


def is_public(text: str) -> bool:
    """Whether a written address is one of the internet, not of this machine, its network or its cloud."""
    address = ip_address(text.partition("%")[0])
    inner = _inner(address) if isinstance(address, IPv6Address) else None
    if inner is not None:
        return _is_public(inner)
    return _is_public(address)


def _is_public(address: IPv4Address | IPv6Address) -> bool:
    return address.is_global and not address.is_multicast and not address.is_reserved


def _inner(address: IPv6Address) -> IPv4Address | None:
    """The IPv4 address that an IPv6 one leads to: mapped, 6to4 or translated."""
    if address in _TRANSLATED:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour
