import type { LucideIcon } from 'lucide-react-native';
import { Pressable, View } from 'react-native';

import { Label } from './Label';
import { themed, useColor } from './scheme';
import { radius, space, type Tone, toneOf, TOUCH } from './theme';

type BadgeProps = { text: string; tone?: Tone; icon?: LucideIcon; testID?: string };

/** A short label with a tone. */
export function Badge({ text, tone = 'idle', icon: Icon, testID }: BadgeProps) {
  const styles = useStyles();
  const { front, back } = toneOf(useColor(), tone);
  return (
    <View style={[styles.badge, { backgroundColor: back }]} testID={testID}>
      {Icon && <Icon size={14} color={front} style={styles.icon} />}
      <Label kind="smallStrong" tint={front} style={styles.text}>
        {text}
      </Label>
    </View>
  );
}

type ChoiceProps = {
  text: string;
  selected: boolean;
  onPress: () => void;
  icon?: LucideIcon;
  testID?: string;
  /** `radio` where exactly one option of a group is selected. */
  role?: 'radio' | 'button';
};

/** One option of several. */
export function Choice({ text, selected, onPress, icon: Icon, testID, role = 'radio' }: ChoiceProps) {
  const color = useColor();
  const styles = useStyles();
  const front = selected ? color.onBrand : color.text;
  return (
    <Pressable
      role={role}
      aria-label={text}
      {...(role === 'radio' ? { 'aria-checked': selected } : { 'aria-pressed': selected })}
      onPress={onPress}
      testID={testID}
      style={({ pressed }) => [styles.choice, selected && styles.selected, pressed && styles.faint]}
    >
      {Icon && <Icon size={18} color={selected ? color.onBrand : color.brand} />}
      <Label kind="strong" tint={front}>
        {text}
      </Label>
    </Pressable>
  );
}

const useStyles = themed((color) => ({
  badge: {
    flexDirection: 'row',
    alignItems: 'center',
    gap: space.xs,
    // Half the height of one line, so that a badge of two lines has rounded corners, not half circles.
    borderRadius: radius.m,
    paddingHorizontal: space.s + 2,
    paddingVertical: 3,
    alignSelf: 'flex-start',
    flexShrink: 1,
  },
  icon: { flexShrink: 0 },
  text: { flexShrink: 1 },
  choice: {
    minHeight: TOUCH - 4,
    flexDirection: 'row',
    alignItems: 'center',
    gap: space.xs + 2,
    paddingHorizontal: space.m,
    borderRadius: radius.round,
    borderWidth: 1,
    borderColor: color.line,
    backgroundColor: color.card,
  },
  selected: { backgroundColor: color.brand, borderColor: color.brand },
  faint: { opacity: 0.6 },
}));
