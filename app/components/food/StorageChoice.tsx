import { StyleSheet, View } from 'react-native';

import { storageIcon } from './storageIcons';
import { Choice } from '@/components/ui/Chip';
import { Label } from '@/components/ui/Label';
import { useColor } from '@/components/ui/scheme';
import { space } from '@/components/ui/theme';
import { useMessages } from '@/lib/i18n';
import { type Storage, STORAGES } from '@/lib/useBy';

export function StorageChoice({ value, onChange }: { value: Storage | null; onChange: (storage: Storage) => void }) {
  const color = useColor();
  const m = useMessages();
  return (
    <View style={styles.field}>
      <Label kind="smallStrong" tint={color.soft}>
        {m.editor.storage}
      </Label>
      <View style={styles.row} role="radiogroup" aria-label={m.editor.storage}>
        {STORAGES.map((storage) => (
          <Choice
            key={storage}
            text={m.storage[storage]}
            icon={storageIcon[storage]}
            selected={value === storage}
            onPress={() => onChange(storage)}
            testID={`storage-${storage}`}
          />
        ))}
      </View>
    </View>
  );
}

const styles = StyleSheet.create({
  field: { gap: space.s },
  row: { flexDirection: 'row', flexWrap: 'wrap', gap: space.s },
});
