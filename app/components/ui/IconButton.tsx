import type { LucideIcon } from 'lucide-react-native';
import { Pressable, StyleSheet } from 'react-native';

import { useColor } from './scheme';
import { radius, TOUCH } from './theme';
import { useAriaDisabled } from './useAriaDisabled';
import { useWork } from '@/lib/work';

type Props = {
  icon: LucideIcon;
  label: string;
  /** The button is busy until a returned promise is settled. */
  onPress: () => void | Promise<unknown>;
  testID?: string;
  tint?: string;
  disabled?: boolean;
};

/** An icon-only button; screen readers read `label`. */
export function IconButton({ icon: Icon, label, onPress, testID, tint, disabled }: Props) {
  const color = useColor();
  const { working, run } = useWork();
  const ref = useAriaDisabled(working || disabled);
  return (
    <Pressable
      ref={ref}
      role="button"
      aria-label={label}
      aria-disabled={working || disabled}
      aria-busy={working}
      // A disabled button would lose the focus.
      disabled={disabled}
      onPress={() => run(onPress)}
      testID={testID}
      style={({ pressed }) => [styles.button, (pressed || working || disabled) && styles.faint]}
    >
      <Icon size={20} color={tint ?? color.soft} />
    </Pressable>
  );
}

const styles = StyleSheet.create({
  button: { width: TOUCH, height: TOUCH, borderRadius: radius.round, alignItems: 'center', justifyContent: 'center' },
  faint: { opacity: 0.5 },
});
