/** Says that there is nothing yet, and what to do next. */
import type { ReactNode } from "react";

interface Props {
  title: string;
  text: string;
  children?: ReactNode;
}

export function EmptyState({ title, text, children }: Props) {
  return (
    <div className="empty">
      <p className="empty__title">{title}</p>
      <p>{text}</p>
      {children}
    </div>
  );
}
