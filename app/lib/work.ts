// Work that a press starts.
import { useCallback, useRef, useState } from 'react';

/**
 * `run` starts work unless earlier work still runs: the second press of a double tap may come before the first has
 * rendered anything. `working` is for what the screen shows meanwhile.
 */
export function useWork(): { working: boolean; run: (work: () => void | Promise<unknown>) => void } {
  const running = useRef(false);
  const [working, setWorking] = useState(false);
  const run = useCallback((work: () => void | Promise<unknown>) => {
    if (running.current) return;
    const done = work();
    if (!done) return;
    running.current = true;
    setWorking(true);
    const end = () => {
      running.current = false;
      setWorking(false);
    };
    done.then(end, end);
  }, []);
  return { working, run };
}
