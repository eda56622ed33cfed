import { useState } from 'react';
import { StyleSheet, View } from 'react-native';

import { Button } from '@/components/ui/Button';
import { Field } from '@/components/ui/Field';
import { Check } from '@/components/ui/icons';
import { space } from '@/components/ui/theme';
import { useMessages } from '@/lib/i18n';

/** Asks the user for the name of an unknown product. */
export function NameForm({ busy, onName }: { busy: boolean; onName: (name: string) => void }) {
  const m = useMessages();
  const [name, setName] = useState('');
  const [submitted, setSubmitted] = useState(false);
  const submit = () => {
    setSubmitted(true);
    if (name.trim()) onName(name.trim());
  };
  return (
    <View style={styles.form}>
      <Field
        label={m.barcode.name}
        value={name}
        onChangeText={setName}
        onSubmitEditing={submit}
        maxLength={200}
        problem={submitted && !name.trim() ? m.barcode.nameNeeded : null}
        testID="barcode-name"
      />
      <Button icon={Check} title={m.barcode.keep} onPress={submit} busy={busy} testID="barcode-keep-name" />
    </View>
  );
}

const styles = StyleSheet.create({ form: { gap: space.m } });
