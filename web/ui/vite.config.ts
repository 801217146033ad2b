/** How the Command Center is built; `npm run dev` passes the API on to a running REX. */
import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

export default defineConfig({
  plugins: [react()],
  // No file may become a data: URL, so that the content security policy can stay strict.
  build: { target: "es2023", assetsInlineLimit: 0, sourcemap: false },
  server: { proxy: { "/api": "http://127.0.0.1:8800" } },
});
