import { useState } from 'react';
import { Pressable, StyleSheet, View } from 'react-native';

import { Button } from './Button';
import { categoryIcon } from './categoryIcons';
import { Badge } from './Chip';
import { Check, CircleHelp, Clock, Pencil, Plus, Sparkles, X } from './icons';
import { Label } from './Label';
import { storageIcon } from './storageIcons';
import { color, radius, space } from './theme';
import { dayOf } from '@/lib/dates';
import { categoryName, formatDay, formatMoney, formatQuantity, useLanguage } from '@/lib/i18n';
import { type Category, type Edit, edited, type Item } from '@/lib/receipts';

type Props = {
  item: Item;
  edit: Edit | undefined;
  categories: readonly Category[];
  currency: string;
  selected: boolean;
  busy: boolean;
  onSelect: () => void;
  onEdit: () => void;
  onDismiss: () => void;
  onAdd: () => void;
};

/** An item of a receipt: what was read, what is suggested, and what may be wrong with it. */
export function ItemRow({ item, edit, categories, currency, selected, busy, onSelect, onEdit, onDismiss, onAdd }: Props) {
  const { m, language } = useLanguage();
  const [rawShown, setRawShown] = useState(false);
  const now = edited(item, edit);
  const category = categories.find(({ code }) => code === now.category);
  const today = dayOf(new Date());
  const StorageIcon = now.storage && storageIcon[now.storage];
  const why = {
    alias: m.result.remembered,
    alias_elsewhere: m.result.rememberedElsewhere,
    product: m.result.byBarcode,
    user: m.result.byYou,
    model: null,
  }[item.why.decided_by];
  const useBy = now.expires_on && formatDay(now.expires_on, language, today);

  return (
    <View style={[styles.row, selected && styles.selected, item.status === 'dismissed' && styles.faint]} testID="item">
      <Pressable
        role="button"
        aria-pressed={selected}
        onPress={onSelect}
        style={styles.head}
        testID="item-select"
      >
        <Label kind="large" style={styles.grow} testID="item-name">
          {now.name}
        </Label>
        <View style={styles.right}>
          {item.amount === null ? null : (
            <Label kind="strong">{formatMoney(item.amount + item.discount, currency, language)}</Label>
          )}
          <Label kind="small" tint={color.soft}>
            {formatQuantity(now.quantity, now.unit)}
            {item.discount ? ` · ${m.result.discount} ${formatMoney(item.discount, currency, language)}` : ''}
          </Label>
        </View>
      </Pressable>
      <View style={styles.facts}>
        {category ? (
          <Badge
            tone="brand"
            icon={categoryIcon(category.code)}
            text={categoryName(category, language)}
            testID={`item-category-${category.code}`}
          />
        ) : null}
        {now.storage && StorageIcon ? <Badge icon={StorageIcon} text={m.storage[now.storage]} /> : null}
        {item.is_food ? (
          <Badge
            icon={Clock}
            text={useBy ? (edit?.expires_on ? useBy : m.result.about(useBy)) : m.result.noDate}
            testID="item-use-by"
          />
        ) : null}
        {item.uncertain && !edit?.category ? (
          <Badge tone="warn" icon={CircleHelp} text={m.result.uncertain} testID="item-uncertain" />
        ) : null}
        {why ? <Badge tone="notice" icon={Sparkles} text={why} testID={`item-why-${item.why.decided_by}`} /> : null}
      </View>
      {rawShown ? (
        <View style={styles.raw} testID="item-raw">
          <Label kind="small" tint={color.soft}>
            {m.result.raw}
          </Label>
          <Label>{item.raw_text}</Label>
        </View>
      ) : null}
      <View style={styles.actions}>
        {item.status === 'added' ? (
          <Badge tone="brand" icon={Check} text={m.result.added} testID="item-added" />
        ) : (
          <>
            {item.status === 'dismissed' ? (
              <>
                <Badge text={m.result.dismissed} testID="item-dismissed" />
                <Button compact look="quiet" icon={Plus} title={m.result.addBack} label={`${now.name} ${m.result.addBack}`} onPress={onAdd} busy={busy} testID="item-add-back" />
              </>
            ) : (
              <Button compact look="secondary" icon={X} title={m.result.dismiss} label={`${now.name} ${m.result.dismiss}`} onPress={onDismiss} busy={busy} testID="item-dismiss" />
            )}
          </>
        )}
        <Button compact look="secondary" icon={Pencil} title={m.result.edit} label={`${now.name} ${m.result.edit}`} onPress={onEdit} testID="item-edit" />
        <Button
          compact
          look="quiet"
          title={rawShown ? m.result.hideRaw : m.result.showRaw}
          label={`${now.name} ${rawShown ? m.result.hideRaw : m.result.showRaw}`}
          onPress={() => {
            setRawShown(!rawShown);
            onSelect();
          }}
          testID="item-show-raw"
        />
      </View>
    </View>
  );
}

const styles = StyleSheet.create({
  row: {
    gap: space.s,
    padding: space.m,
    borderRadius: radius.l,
    borderWidth: 1,
    borderColor: color.line,
    backgroundColor: color.card,
  },
  selected: { borderColor: color.brand, boxShadow: `0 0 0 1px ${color.brand}` },
  faint: { backgroundColor: color.idleSoft },
  head: { flexDirection: 'row', gap: space.m, minHeight: 44 },
  grow: { flex: 1 },
  right: { alignItems: 'flex-end' },
  facts: { flexDirection: 'row', flexWrap: 'wrap', gap: space.xs + 2 },
  raw: { backgroundColor: color.page, borderRadius: radius.s, padding: space.m },
  actions: { flexDirection: 'row', flexWrap: 'wrap', alignItems: 'center', gap: space.s },
});
