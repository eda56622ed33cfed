// The browser's date picker.
import { createElement } from 'react';

import { browserInput } from './browserInput';
import type { DateInputProps } from './DateInput';
import { useColor } from './scheme';
import { isDay } from '@/lib/dates';

export function DateInput({ label, value, onChange, testID }: DateInputProps) {
  const color = useColor();
  return createElement('input', {
    type: 'date',
    'aria-label': label,
    'data-testid': testID,
    value: value ?? '',
    onChange: (event: { target: { value: string } }) => isDay(event.target.value) && onChange(event.target.value),
    style: browserInput(color),
  });
}
