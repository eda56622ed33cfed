// Whether the user asked the device to leave out animations.
import { AccessibilityInfo } from 'react-native';

let still = false;
void AccessibilityInfo.isReduceMotionEnabled().then((wanted) => (still = wanted));
AccessibilityInfo.addEventListener('reduceMotionChanged', (wanted) => (still = wanted));

/** As of now: what is on its way already moves on. */
export const prefersStill = () => still;
