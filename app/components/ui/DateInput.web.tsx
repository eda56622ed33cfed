// The browser's date picker.
import { createElement, useState } from 'react';

import { browserInput } from './browserInput';
import type { DateInputProps } from './DateInput';
import { useColor } from './scheme';
import { useLeaving } from './useLeaving';
import { isDay } from '@/lib/dates';

export function DateInput({ label, value, onChange, testID }: DateInputProps) {
  const color = useColor();
  const [typed, setTyped] = useState<string | null>(null);
  // Each digit of a year makes another date, which the input must keep: the one that the user leaves is meant.
  const leave = () => {
    setTyped(null);
    if (typed && typed !== value && isDay(typed)) onChange(typed);
  };
  useLeaving(leave);
  return createElement('input', {
    type: 'date',
    // Years have four digits.
    max: '9999-12-31',
    'aria-label': label,
    'data-testid': testID,
    value: typed ?? value ?? '',
    onChange: (event: { target: { value: string } }) => setTyped(event.target.value),
    onBlur: leave,
    onKeyDown: (event: { key: string }) => event.key === 'Enter' && leave(),
    style: browserInput(color),
  });
}
