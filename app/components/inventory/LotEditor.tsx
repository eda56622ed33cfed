import { useState } from 'react';
import { StyleSheet, View } from 'react-native';

import { FreshnessBadge } from './FreshnessBadge';
import { categoryIcon } from '@/components/food/categoryIcons';
import { StorageChoice } from '@/components/food/StorageChoice';
import { Button } from '@/components/ui/Button';
import { Card } from '@/components/ui/Card';
import { Badge } from '@/components/ui/Chip';
import { DateField } from '@/components/ui/DateField';
import { Field } from '@/components/ui/Field';
import { Check, PackageOpen, Snowflake, Undo } from '@/components/ui/icons';
import { Label } from '@/components/ui/Label';
import { Stepper } from '@/components/ui/Stepper';
import { color, space } from '@/components/ui/theme';
import { dayOf } from '@/lib/dates';
import { categoryName, formatDay, useLanguage } from '@/lib/i18n';
import type { Lot } from '@/lib/inventory';
import type { Storage } from '@/lib/useBy';

type Props = {
  lot: Lot;
  busy: boolean;
  onMove: (storage: Storage) => void;
  onOpen: () => void;
  onUseUp: () => void;
  onUseSome: (remaining: number) => void;
  onChange: (changes: { name?: string; expires_on?: string | null }) => void;
  onRestore: () => void;
};

export function LotEditor({ lot, busy, onMove, onOpen, onUseUp, onUseSome, onChange, onRestore }: Props) {
  const { m, language } = useLanguage();
  const today = dayOf(new Date());
  const [name, setName] = useState(lot.name);
  const [remaining, setRemaining] = useState<number | null>(null);
  const basis = lot.expiry_basis && m.inventory.basis[lot.expiry_basis];

  if (lot.consumed_at) {
    return (
      <Card>
        <Label kind="large">{lot.name}</Label>
        <Label tint={color.soft}>{m.inventory.consumed}</Label>
        <Button look="secondary" icon={Undo} title={m.common.undo} onPress={onRestore} busy={busy} testID="lot-restore" />
      </Card>
    );
  }
  return (
    <>
      <Card style={styles.card}>
        <Field
          label={m.editor.name}
          value={name}
          onChangeText={setName}
          onBlur={() => name.trim() && name.trim() !== lot.name && onChange({ name: name.trim() })}
          problem={name.trim() ? null : m.editor.nameNeeded}
          maxLength={200}
          testID="lot-name"
        />
        <View style={styles.facts}>
          <Badge tone="brand" icon={categoryIcon(lot.categories.code)} text={categoryName(lot.categories, language)} />
          <FreshnessBadge lot={lot} today={today} />
          {lot.opened_on ? <Badge icon={PackageOpen} text={m.inventory.opened(formatDay(lot.opened_on, language, today))} testID="lot-opened" /> : null}
          {lot.purchased_on ? <Badge text={m.inventory.bought(formatDay(lot.purchased_on, language, today))} /> : null}
        </View>
        <StorageChoice value={lot.storage} onChange={onMove} />
        <DateField
          label={m.editor.useBy}
          value={lot.expires_on}
          hint={basis ?? ''}
          onChange={(expires_on) => onChange({ expires_on })}
          action={
            lot.expires_on
              ? { title: m.editor.clearDate, onPress: () => onChange({ expires_on: null }), testID: 'clear-date' }
              : undefined
          }
        />
      </Card>
      <Card style={styles.card}>
        {lot.opened_on && lot.storage === 'freezer' ? null : (
          <View style={styles.facts}>
            {lot.opened_on ? null : (
              <Button look="secondary" icon={PackageOpen} title={m.inventory.open} onPress={onOpen} busy={busy} testID="lot-open-package" />
            )}
            {lot.storage === 'freezer' ? null : (
              <Button look="secondary" icon={Snowflake} title={m.inventory.freeze} onPress={() => onMove('freezer')} busy={busy} testID="lot-freeze" />
            )}
          </View>
        )}
        <View style={styles.some}>
          <Stepper
            label={`${m.inventory.remaining}${lot.unit ? ` (${lot.unit})` : ''}`}
            value={remaining ?? lot.quantity}
            onChange={(value) => setRemaining(value ?? null)}
            least={0}
            most={lot.quantity}
            testID="lot-remaining"
          />
          <Button
            look="secondary"
            title={m.inventory.useSome}
            onPress={() => {
              if (remaining !== null) onUseSome(remaining);
              setRemaining(null);
            }}
            disabled={remaining === null || remaining === lot.quantity}
            busy={busy}
            testID="lot-use-some"
          />
        </View>
        <Button icon={Check} title={m.inventory.usedUp} onPress={onUseUp} busy={busy} testID="lot-use-up" />
      </Card>
    </>
  );
}

const styles = StyleSheet.create({
  card: { gap: space.l },
  facts: { flexDirection: 'row', flexWrap: 'wrap', gap: space.s },
  some: { gap: space.s },
});
