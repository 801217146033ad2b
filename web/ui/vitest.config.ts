/** How the Command Center is tested; apart from the build's configuration, because building needs no test tools. */
import { mergeConfig } from "vitest/config";

import build from "./vite.config";

export default mergeConfig(build, {
  test: {
    environment: "jsdom",
    environmentOptions: { jsdom: { url: "http://127.0.0.1:8800/" } },
    setupFiles: ["src/testing/setup.ts"],
    restoreMocks: true,
  },
});
