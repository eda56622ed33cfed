import { useState } from 'react';
import { View } from 'react-native';

import { Field } from '@/components/ui/Field';
import { IconButton } from '@/components/ui/IconButton';
import { Eye, EyeOff } from '@/components/ui/icons';
import { Label } from '@/components/ui/Label';
import { themed, useColor } from '@/components/ui/scheme';
import { SHORTEST_PASSWORD } from '@/lib/account';
import { useMessages } from '@/lib/i18n';

type Props = {
  label: string;
  value: string;
  onChange: (password: string) => void;
  onSubmit?: () => void;
  /** Whether the user chooses it, rather than remembers it. */
  fresh: boolean;
  /** Whether the form was submitted: problems are shown from then on. */
  submitted: boolean;
};

export const isPassword = (text: string, fresh: boolean) => text.length >= (fresh ? SHORTEST_PASSWORD : 1);

/** A password, which can be shown. */
export function PasswordField({ label, value, onChange, onSubmit, fresh, submitted }: Props) {
  const color = useColor();
  const styles = useStyles();
  const m = useMessages();
  const [shown, setShown] = useState(false);
  return (
    <View style={styles.row}>
      <View style={styles.grow}>
        <Field
          label={label}
          value={value}
          onChangeText={onChange}
          onSubmitEditing={onSubmit}
          secureTextEntry={!shown}
          autoCapitalize="none"
          autoCorrect={false}
          autoComplete={fresh ? 'new-password' : 'current-password'}
          problem={submitted && !isPassword(value, fresh) ? m.signIn.passwordNeeded : null}
          testID="password"
        />
        {fresh ? (
          <Label kind="small" tint={color.soft}>
            {m.signIn.passwordHint}
          </Label>
        ) : null}
      </View>
      <View style={styles.eye}>
        <IconButton icon={shown ? EyeOff : Eye} label={shown ? m.signIn.hidePassword : m.signIn.showPassword} onPress={() => setShown(!shown)} testID="show-password" />
      </View>
    </View>
  );
}

const useStyles = themed(() => ({
  row: { flexDirection: 'row', alignItems: 'flex-start' },
  grow: { flex: 1, minWidth: 0 },
  // Beside the field, below its label.
  eye: { paddingTop: 24 },
}));
