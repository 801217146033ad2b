/** The application of somebody signed in: frame, pages, live connection. */
import { BrowserRouter, Route, Routes } from "react-router";

import { reachable } from "../api/address";
import type { Session } from "../api/types";
import { MissionPage } from "../features/missions/MissionPage";
import { MissionsPage } from "../features/missions/MissionsPage";
import { NewMissionPage } from "../features/missions/NewMissionPage";
import { OverviewPage } from "../features/overview/OverviewPage";
import { useStatus } from "../features/overview/status";
import { LiveProvider } from "../live/LiveProvider";
import { Frame } from "./Frame";
import { NotFoundPage } from "./NotFoundPage";

export function SignedIn({ session }: { session: Session }) {
  const status = useStatus();
  const live = status.data && reachable(status.data.live_url, location);
  return (
    <LiveProvider url={live}>
      <BrowserRouter>
        <Routes>
          <Route element={<Frame session={session} />}>
            <Route index element={<OverviewPage />} />
            <Route path="missions" element={<MissionsPage />} />
            <Route path="missions/new" element={<NewMissionPage />} />
            <Route path="missions/:id" element={<MissionPage />} />
            <Route path="*" element={<NotFoundPage />} />
          </Route>
        </Routes>
      </BrowserRouter>
    </LiveProvider>
  );
}
