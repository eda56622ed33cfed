// The browser's date picker.
import { createElement } from 'react';

import type { DateInputProps } from './DateInput';
import { useColor } from './scheme';
import { fontFamily, radius, size, space, TOUCH } from './theme';
import { isDay } from '@/lib/dates';

export function DateInput({ label, value, onChange, testID }: DateInputProps) {
  const color = useColor();
  return createElement('input', {
    type: 'date',
    'aria-label': label,
    'data-testid': testID,
    value: value ?? '',
    onChange: (event: { target: { value: string } }) => isDay(event.target.value) && onChange(event.target.value),
    style: {
      minHeight: TOUCH + 4,
      boxSizing: 'border-box',
      border: `1px solid ${color.field}`,
      borderRadius: radius.m,
      padding: `0 ${space.m}px`,
      backgroundColor: color.card,
      color: color.text,
      fontFamily,
      fontSize: size.text + 1,
    },
  });
}
