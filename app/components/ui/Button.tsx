import type { LucideIcon } from 'lucide-react-native';
import { ActivityIndicator, type GestureResponderEvent, Pressable, StyleSheet, type ViewStyle } from 'react-native';

import { Label } from './Label';
import { useColor } from './scheme';
import { type Palette, radius, space, TOUCH } from './theme';
import { useAriaDisabled } from './useAriaDisabled';
import { useWork } from '@/lib/work';

type Look = 'primary' | 'secondary' | 'danger' | 'dangerQuiet' | 'quiet';

function coloursOf(look: Look, color: Palette) {
  const bare = { backgroundColor: 'transparent', borderColor: 'transparent' };
  const card = { backgroundColor: color.card, borderColor: color.line };
  return {
    primary: { front: color.onBrand, back: { backgroundColor: color.brand, borderColor: color.brand } },
    secondary: { front: color.text, back: card },
    danger: { front: color.danger, back: card },
    dangerQuiet: { front: color.danger, back: bare },
    quiet: { front: color.brand, back: bare },
  }[look];
}

export type ButtonProps = {
  title: string;
  /** The button is busy until a returned promise is settled. */
  onPress: () => void | Promise<unknown>;
  testID?: string;
  look?: Look;
  icon?: LucideIcon;
  /** Shows a spinner and ignores further presses. */
  busy?: boolean;
  disabled?: boolean;
  compact?: boolean;
  /** For screen readers, where the title alone is ambiguous. */
  label?: string;
  style?: ViewStyle;
};

/** Whether it is the second click of a double click: by then the button may do the opposite of what was meant. */
function isRepeated(event?: GestureResponderEvent): boolean {
  return ((event?.nativeEvent as { detail?: number } | undefined)?.detail ?? 0) > 1;
}

export function Button(props: ButtonProps) {
  const { title, onPress, testID, look = 'primary', icon: Icon, disabled, compact, label, style } = props;
  const { front, back } = coloursOf(look, useColor());
  const { working, run } = useWork();
  const busy = props.busy || working;
  const ref = useAriaDisabled(busy || disabled);
  return (
    <Pressable
      ref={ref}
      role="button"
      aria-label={label ?? title}
      aria-disabled={busy || disabled}
      aria-busy={busy}
      // A disabled button would lose the focus.
      disabled={disabled}
      onPress={(event) => {
        if (!busy && !isRepeated(event)) run(onPress);
      }}
      testID={testID}
      style={({ pressed }) => [
        styles.button,
        compact && styles.compact,
        back,
        (pressed || disabled) && styles.faint,
        style,
      ]}
    >
      {busy ? <ActivityIndicator size="small" color={front} aria-hidden /> : Icon && <Icon size={compact ? 16 : 20} color={front} />}
      <Label kind={compact ? 'smallStrong' : 'strong'} tint={front} style={styles.title}>
        {title}
      </Label>
    </Pressable>
  );
}

const styles = StyleSheet.create({
  button: {
    minHeight: TOUCH + 4,
    borderRadius: radius.m,
    borderWidth: 1,
    paddingHorizontal: space.l,
    paddingVertical: space.s,
    flexDirection: 'row',
    alignItems: 'center',
    justifyContent: 'center',
    gap: space.s,
  },
  compact: { minHeight: TOUCH - 6, paddingHorizontal: space.s + 2, gap: space.xs + 2, borderRadius: radius.s },
  faint: { opacity: 0.6 },
  title: { textAlign: 'center', flexShrink: 1 },
});
