// Whether the user asked the device to reduce motion.
import { AccessibilityInfo } from 'react-native';

let still = false;
void AccessibilityInfo.isReduceMotionEnabled().then((reduced) => (still = reduced));
AccessibilityInfo.addEventListener('reduceMotionChanged', (reduced) => (still = reduced));

/** The current setting; running animations are not affected. */
export const prefersStill = () => still;
