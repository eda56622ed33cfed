// The browser's picker of a time of day.
import { createElement, useState } from 'react';

import { browserInput } from './browserInput';
import { useColor } from './scheme';
import type { TimeInputProps } from './TimeInput';
import { useLeaving } from './useLeaving';

export function TimeInput({ label, value, onChange, testID }: TimeInputProps) {
  const color = useColor();
  const [typed, setTyped] = useState<string | null>(null);
  // Each digit makes another time: the one that the user leaves is meant.
  const leave = () => {
    setTyped(null);
    if (typed && typed !== value) onChange(typed);
  };
  useLeaving(leave);
  return createElement('input', {
    type: 'time',
    required: true,
    'aria-label': label,
    'data-testid': testID,
    value: typed ?? value,
    onChange: (event: { target: { value: string } }) => setTyped(event.target.value),
    onBlur: leave,
    onKeyDown: (event: { key: string }) => event.key === 'Enter' && leave(),
    style: browserInput(color),
  });
}
