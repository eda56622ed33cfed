import { useEffect, useRef } from 'react';

/** Calls the latest `leave` as the component goes away: a field that had the focus then loses it without an event. */
export function useLeaving(leave: () => void): void {
  const latest = useRef(leave);
  useEffect(() => {
    latest.current = leave;
  });
  useEffect(() => () => latest.current(), []);
}
