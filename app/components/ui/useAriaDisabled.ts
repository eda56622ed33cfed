import { type RefObject, useRef } from 'react';
import type { View } from 'react-native';

/** On a device, `aria-disabled` of a Pressable is enough. */
export function useAriaDisabled(_disabled: boolean | undefined): RefObject<View | null> {
  return useRef<View>(null);
}
