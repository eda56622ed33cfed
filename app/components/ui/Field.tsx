import { type TextInputProps, TextInput, View } from 'react-native';

import { Label } from './Label';
import { themed, useColor } from './scheme';
import { fontFamily, radius, size, space, TOUCH } from './theme';

type Props = TextInputProps & { label: string; hint?: string; problem?: string | null };

/** A text field with its label above and its error below. */
export function Field({ label, hint, problem, style, ...input }: Props) {
  const color = useColor();
  const styles = useStyles();
  return (
    <View style={styles.field}>
      <Label kind="smallStrong" tint={color.soft} aria-hidden>
        {label}
      </Label>
      <TextInput
        aria-label={label}
        accessibilityHint={hint}
        placeholder={hint}
        placeholderTextColor={color.soft}
        style={[styles.input, problem ? styles.wrong : null, style]}
        {...input}
      />
      {problem ? (
        <Label kind="small" tint={color.danger} role="alert">
          {problem}
        </Label>
      ) : null}
    </View>
  );
}

const useStyles = themed((color) => ({
  field: { gap: space.xs },
  input: {
    width: '100%',
    minWidth: 0,
    minHeight: TOUCH + 4,
    borderWidth: 1,
    borderColor: color.field,
    borderRadius: radius.m,
    paddingHorizontal: space.m,
    backgroundColor: color.card,
    color: color.text,
    fontFamily,
    fontSize: size.text + 1,
  },
  wrong: { borderColor: color.danger },
}));
