import type { LucideIcon } from 'lucide-react-native';
import { Pressable, StyleSheet } from 'react-native';

import { useColor } from './scheme';
import { radius, TOUCH } from './theme';

type Props = { icon: LucideIcon; label: string; onPress: () => void; testID?: string; tint?: string; disabled?: boolean };

/** An icon-only button; screen readers read `label`. */
export function IconButton({ icon: Icon, label, onPress, testID, tint, disabled }: Props) {
  const color = useColor();
  return (
    <Pressable
      role="button"
      aria-label={label}
      aria-disabled={disabled}
      disabled={disabled}
      onPress={onPress}
      testID={testID}
      style={({ pressed }) => [styles.button, (pressed || disabled) && styles.faint]}
    >
      <Icon size={20} color={tint ?? color.soft} />
    </Pressable>
  );
}

const styles = StyleSheet.create({
  button: { width: TOUCH, height: TOUCH, borderRadius: radius.round, alignItems: 'center', justifyContent: 'center' },
  faint: { opacity: 0.5 },
});
