import { router } from 'expo-router';
import { useState } from 'react';
import { Pressable, View } from 'react-native';

import { categoryIcon } from '@/components/food/categoryIcons';
import { storageIcon } from '@/components/food/storageIcons';
import { Button } from '@/components/ui/Button';
import { Badge } from '@/components/ui/Chip';
import { Check, CircleHelp, Clock, Pencil, Plus, Refrigerator, Sparkles, Undo, X } from '@/components/ui/icons';
import { Label } from '@/components/ui/Label';
import { themed, useColor } from '@/components/ui/scheme';
import { radius, space, TOUCH } from '@/components/ui/theme';
import { dayOf } from '@/lib/dates';
import { categoryName, formatDay, formatMoney, formatQuantity, useLanguage } from '@/lib/i18n';
import { useItemSuggestion } from '@/lib/queries';
import { type Category, doubtsOf, type Edit, edited, isFood, type Item } from '@/lib/receipts';

type Props = {
  item: Item;
  edit: Edit | undefined;
  purchasedOn: string;
  categories: readonly Category[];
  currency: string;
  selected: boolean;
  busy: boolean;
  /** By how many percent the price differs from the last purchase. */
  priceChange?: number;
  onSelect: () => void;
  onEdit: () => void;
  onDismiss: () => Promise<void>;
  onRestore: () => Promise<void>;
  onAdd: () => void;
};

/** In px: a name gets no less beside its quantity and price. */
const NAME_WIDTH = 160;
/** Smaller differences of a price are left out. */
const TOLD_PERCENT = 5;

/** A line item of a receipt: what was read, what is suggested, and what may be wrong. */
export function ItemRow(props: Props) {
  const color = useColor();
  const styles = useStyles();
  const { item, edit, purchasedOn, categories, currency, selected, busy, priceChange, onSelect, onEdit, onDismiss, onRestore, onAdd } = props;
  const { m, language } = useLanguage();
  const [rawShown, setRawShown] = useState(false);
  const now = edited(item, edit);
  const category = categories.find(({ code }) => code === now.category);
  const food = isFood(item, edit, categories);
  const suggested = useItemSuggestion(item, edit, purchasedOn);
  const storage = edit?.storage ?? suggested.data?.storage ?? category?.default_storage;
  const dismissed = item.status === 'dismissed';
  const doubts = doubtsOf(item, edit);
  // After an item is added, its lot shows storage and use-by date.
  const waits = item.status !== 'added';
  const why = {
    alias: m.result.remembered,
    alias_elsewhere: m.result.rememberedElsewhere,
    product: m.result.byBarcode,
    user: m.result.byYou,
    model: null,
  }[item.why.decided_by];
  const until = () => {
    const { data, asking } = suggested;
    const shown = (day: string) => formatDay(day, language, dayOf(new Date()));
    if (edit?.expires_on !== undefined) return edit.expires_on ? shown(edit.expires_on) : m.result.noDate;
    if (!data) return asking ? m.result.dating : m.result.datedLater;
    return data.expires_on ? m.result.about(shown(data.expires_on)) : m.result.noDate;
  };

  return (
    <View style={[styles.row, selected && styles.selected, item.status === 'dismissed' && styles.faint]} testID="item">
      <Pressable
        role="button"
        aria-pressed={selected}
        onPress={onSelect}
        style={styles.head}
        testID="item-select"
      >
        <Label kind="large" style={styles.name} testID="item-name">
          {now.name}
        </Label>
        <View style={styles.right}>
          <View style={styles.price}>
            <Label kind="small" tint={color.soft}>
              {formatQuantity(now.quantity, now.unit)}
            </Label>
            {item.amount === null ? null : (
              <Label kind="strong">{formatMoney(item.amount + item.discount, currency, language)}</Label>
            )}
          </View>
          {item.discount ? (
            <Label kind="small" tint={color.soft}>
              {`${m.result.discount} ${formatMoney(item.discount, currency, language)}`}
            </Label>
          ) : null}
        </View>
      </Pressable>
      <View style={styles.facts}>
        {item.status === 'added' ? <Badge tone="brand" icon={Check} text={m.result.added} testID="item-added" /> : null}
        {dismissed ? <Badge text={m.result.dismissed} testID="item-dismissed" /> : null}
        {category ? (
          <Badge
            tone="brand"
            icon={categoryIcon(category.code)}
            text={categoryName(category, language)}
            testID={`item-category-${category.code}`}
          />
        ) : null}
        {waits && storage ? <Badge icon={storageIcon[storage]} text={m.storage[storage]} testID={`item-storage-${storage}`} /> : null}
        {waits && food ? <Badge icon={Clock} text={until()} testID="item-use-by" /> : null}
        {item.status === 'pending' && doubts.length ? (
          <Badge tone="warn" icon={CircleHelp} text={m.result.uncertain(doubts)} testID="item-uncertain" />
        ) : null}
        {priceChange && Math.abs(priceChange) >= TOLD_PERCENT ? (
          <Badge tone={priceChange > 0 ? 'danger' : 'brand'} text={m.result.priceChange(Math.round(priceChange))} testID="item-price-change" />
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
        {waits ? (
          // One button for both states, so that it keeps the focus.
          <Button
            compact
            look="secondary"
            icon={dismissed ? Undo : X}
            title={dismissed ? m.common.undo : m.result.dismiss}
            label={`${now.name} ${dismissed ? m.common.undo : m.result.dismiss}`}
            onPress={dismissed ? onRestore : onDismiss}
            busy={busy}
            testID={dismissed ? 'item-restore' : 'item-dismiss'}
          />
        ) : null}
        {item.status === 'pending' && !food ? (
          <Button compact look="secondary" icon={Plus} title={m.result.add} label={`${now.name} ${m.result.add}`} onPress={onAdd} busy={busy} testID="item-add" />
        ) : null}
        {item.inventory_id ? (
          <Button
            compact
            look="secondary"
            icon={Refrigerator}
            title={m.inventory.detail}
            label={`${now.name} ${m.inventory.detail}`}
            onPress={() => router.push({ pathname: '/inventory-item', params: { id: item.inventory_id ?? '' } })}
            testID="item-open-lot"
          />
        ) : null}
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

const useStyles = themed((color) => ({
  row: {
    gap: space.s,
    padding: space.m,
    borderRadius: radius.l,
    borderWidth: 1,
    borderColor: color.line,
    backgroundColor: color.card,
  },
  selected: { borderColor: color.brand, boxShadow: `0 0 0 1px ${color.brand}` },
  faint: { backgroundColor: color.page },
  head: {
    flexDirection: 'row',
    flexWrap: 'wrap',
    columnGap: space.m,
    minHeight: TOUCH,
    paddingVertical: space.s,
    marginVertical: -space.s,
  },
  // A long quantity and price stand below a long name.
  name: { flexGrow: 1, flexShrink: 1, flexBasis: NAME_WIDTH, minWidth: 0 },
  right: { alignItems: 'flex-end', marginLeft: 'auto', maxWidth: '100%' },
  price: { flexDirection: 'row', alignItems: 'baseline', gap: space.s },
  facts: { flexDirection: 'row', flexWrap: 'wrap', gap: space.xs + 2 },
  raw: { backgroundColor: color.page, borderRadius: radius.s, padding: space.m },
  actions: { flexDirection: 'row', flexWrap: 'wrap', alignItems: 'center', gap: space.s },
}));
