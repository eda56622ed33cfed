import { type RefObject, useLayoutEffect, useRef } from 'react';
import type { View } from 'react-native';

/**
 * Says of a Pressable that it is disabled. React Native Web replaces its `aria-disabled` by `disabled`, which would take
 * the focus from a button that is only busy.
 */
export function useAriaDisabled(disabled: boolean | undefined): RefObject<View | null> {
  const ref = useRef<View>(null);
  // After each rendering: React removes the attribute when `disabled` ends.
  useLayoutEffect(() => {
    const element = ref.current as unknown as Element | null;
    if (disabled) element?.setAttribute('aria-disabled', 'true');
    else element?.removeAttribute('aria-disabled');
  });
  return ref;
}
