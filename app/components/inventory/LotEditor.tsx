import { useRef, useState } from 'react';
import { StyleSheet, View } from 'react-native';

import { FreshnessBadge } from './FreshnessBadge';
import { ProductIcon } from './ProductIcon';
import { categoryIcon } from '@/components/food/categoryIcons';
import { CategoryPicker } from '@/components/food/CategoryPicker';
import { StorageChoice } from '@/components/food/StorageChoice';
import { Button } from '@/components/ui/Button';
import { Card } from '@/components/ui/Card';
import { Badge, Choice } from '@/components/ui/Chip';
import { DateField } from '@/components/ui/DateField';
import { Field } from '@/components/ui/Field';
import { Check, Gift, PackageOpen, Snowflake, Trash, Undo } from '@/components/ui/icons';
import { Label } from '@/components/ui/Label';
import { Stepper } from '@/components/ui/Stepper';
import { useColor } from '@/components/ui/scheme';
import { space } from '@/components/ui/theme';
import { useLeaving } from '@/components/ui/useLeaving';
import { dayOf, isPlausibleUseBy } from '@/lib/dates';
import { categoryName, formatDay, useLanguage } from '@/lib/i18n';
import type { Lot, Reason } from '@/lib/inventory';
import type { Category } from '@/lib/receipts';
import type { Storage } from '@/lib/useBy';

type Props = {
  lot: Lot;
  categories: readonly Category[];
  busy: boolean;
  onMove: (storage: Storage) => Promise<unknown>;
  onOpen: () => Promise<unknown>;
  onUseUp: (reason: Reason) => Promise<unknown>;
  onUseSome: (remaining: number) => Promise<unknown>;
  /** Whether the server has the changes. */
  onChange: (changes: { name?: string; category?: string; unit?: string | null; expires_on?: string | null }) => Promise<boolean>;
  onRestore: () => Promise<unknown>;
  /** For a lot that was added by mistake. Whether the server has deleted it. */
  onRemove: () => Promise<boolean>;
};

export function LotEditor(props: Props) {
  const { lot, categories, busy, onMove, onOpen, onUseUp, onUseSome, onChange, onRestore, onRemove } = props;
  const color = useColor();
  const { m, language } = useLanguage();
  const today = dayOf(new Date());
  const [name, setName] = useState(lot.name);
  const [unit, setUnit] = useState(lot.unit ?? '');
  const [choosing, setChoosing] = useState(false);
  const [wrongDate, setWrongDate] = useState<string | null>(null);
  const [remaining, setRemaining] = useState<number | null>(null);
  const basis = lot.expiry_basis && m.inventory.basis[lot.expiry_basis];

  const date = (day: string | null) => {
    const wrong = day !== null && !isPlausibleUseBy(day, today);
    setWrongDate(wrong ? day : null);
    if (!wrong) void onChange({ expires_on: day });
  };
  // What was sent last: the lot has it only after the response.
  const sent = useRef({ name: lot.name, unit: lot.unit ?? '' });
  const send = (field: 'name' | 'unit', text: string) => {
    const before = sent.current[field];
    if (text === before || (field === 'name' && !text)) return;
    sent.current[field] = text;
    void onChange({ [field]: text || null }).then((isStored) => {
      if (!isStored && sent.current[field] === text) sent.current[field] = before;
    });
  };
  const removing = useRef(false);
  useLeaving(() => {
    if (lot.consumed_at || removing.current) return;
    send('name', name.trim());
    send('unit', unit.trim());
  });

  if (lot.consumed_at) {
    return (
      <Card>
        <Label kind="large">{lot.name}</Label>
        <Label tint={color.soft}>{m.inventory.consumed[lot.consumed_reason ?? 'eaten']}</Label>
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
          onBlur={() => send('name', name.trim())}
          problem={name.trim() ? null : m.editor.nameNeeded}
          maxLength={200}
          testID="lot-name"
        />
        <View style={styles.facts}>
          {lot.image_url ? <ProductIcon code={lot.categories.code} image={lot.image_url} /> : null}
          <Choice
            role="button"
            icon={categoryIcon(lot.categories.code)}
            text={categoryName(lot.categories, language)}
            selected={choosing}
            onPress={() => setChoosing(!choosing)}
            testID="lot-category"
          />
          <FreshnessBadge lot={lot} today={today} />
          {lot.opened_on ? <Badge icon={PackageOpen} text={m.inventory.opened(formatDay(lot.opened_on, language, today))} testID="lot-opened" /> : null}
          {lot.purchased_on ? <Badge text={m.inventory.bought(formatDay(lot.purchased_on, language, today))} /> : null}
        </View>
        {choosing ? (
          <CategoryPicker
            categories={categories}
            selected={lot.categories.code}
            onSelect={(category) => {
              setChoosing(false);
              if (category !== lot.categories.code) void onChange({ category });
            }}
          />
        ) : null}
        <Field
          label={m.editor.unit}
          value={unit}
          onChangeText={setUnit}
          onBlur={() => send('unit', unit.trim())}
          maxLength={20}
          testID="lot-unit"
        />
        <StorageChoice value={lot.storage} onChange={(storage) => void onMove(storage)} />
        <DateField
          label={m.editor.useBy}
          value={wrongDate ?? lot.expires_on}
          hint={wrongDate === null ? (basis ?? '') : (m.problems.date_out_of_range ?? '')}
          wrong={wrongDate !== null}
          onChange={date}
          action={
            lot.expires_on
              ? { title: m.editor.clearDate, onPress: () => date(null), testID: 'clear-date' }
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
              setRemaining(null);
              return remaining === null ? undefined : onUseSome(remaining);
            }}
            disabled={remaining === null || remaining === lot.quantity}
            busy={busy}
            testID="lot-use-some"
          />
        </View>
        <Button icon={Check} title={m.inventory.usedUp} onPress={() => onUseUp('eaten')} busy={busy} testID="lot-use-up" />
        <View style={styles.facts}>
          <Button look="secondary" icon={Trash} title={m.inventory.thrownAway} onPress={() => onUseUp('thrown_away')} busy={busy} testID="lot-throw-away" />
          <Button look="secondary" icon={Gift} title={m.inventory.givenAway} onPress={() => onUseUp('given_away')} busy={busy} testID="lot-give-away" />
        </View>
        <Button
          look="dangerQuiet"
          title={m.inventory.remove}
          onPress={() => {
            removing.current = true;
            return onRemove().then((isRemoved) => {
              removing.current = isRemoved;
            });
          }}
          busy={busy}
          testID="lot-remove"
        />
      </Card>
    </>
  );
}

const styles = StyleSheet.create({
  card: { gap: space.l },
  facts: { flexDirection: 'row', flexWrap: 'wrap', alignItems: 'center', gap: space.s },
  some: { gap: space.s },
});
