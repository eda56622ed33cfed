import { useEffect, useState } from 'react';

import { Button } from './Button';
import { useMessages } from '@/lib/i18n';

type Props = { after: number; onPress: () => void; busy?: boolean };

/** Disabled for `after` seconds, with a countdown in its title. */
export function RetryButton({ after, onPress, busy }: Props) {
  const m = useMessages();
  // A time, because timers stand still while the phone sleeps.
  const [readyAt] = useState(() => Date.now() + after * 1000);
  const [secondsLeft, setSecondsLeft] = useState(Math.ceil(after));
  useEffect(() => {
    if (secondsLeft <= 0) return;
    const timer = setTimeout(() => setSecondsLeft(Math.ceil((readyAt - Date.now()) / 1000)), 1000);
    return () => clearTimeout(timer);
  }, [readyAt, secondsLeft]);
  return (
    <Button
      look="secondary"
      title={secondsLeft > 0 ? m.common.retryIn(m.duration(secondsLeft)) : m.common.retry}
      onPress={onPress}
      disabled={secondsLeft > 0}
      busy={busy}
      testID="retry"
    />
  );
}
