import { router } from 'expo-router';
import { Pressable, StyleSheet, View } from 'react-native';

import { FreshnessBadge } from './FreshnessBadge';
import { categoryIcon } from '@/components/food/categoryIcons';
import { storageIcon } from '@/components/food/storageIcons';
import { Badge } from '@/components/ui/Chip';
import { IconButton } from '@/components/ui/IconButton';
import { Check, ChevronRight, PackageOpen } from '@/components/ui/icons';
import { Label } from '@/components/ui/Label';
import { color, radius, space } from '@/components/ui/theme';
import { dayOf } from '@/lib/dates';
import { categoryName, formatDay, formatQuantity, useLanguage } from '@/lib/i18n';
import type { Lot, Product } from '@/lib/inventory';

/** A product with its lots, the lot to use first on top. */
export function ProductCard({ product, onUsedUp }: { product: Product; onUsedUp: (lot: Lot) => void }) {
  const { m, language } = useLanguage();
  const Icon = categoryIcon(product.category.code);
  return (
    <View style={styles.card} testID="product">
      <View style={styles.head}>
        <View style={styles.icon}>
          <Icon size={22} color={color.brand} />
        </View>
        <View style={styles.grow}>
          <Label kind="large" role="heading" aria-level={2} testID="product-name">
            {product.name}
          </Label>
          <Label kind="small" tint={color.soft}>
            {categoryName(product.category, language)}
          </Label>
        </View>
        {product.lots.length > 1 ? <Badge text={m.inventory.lots(product.lots.length)} testID="lot-count" /> : null}
      </View>
      {product.lots.map((lot) => (
        <LotRow key={lot.id} lot={lot} onUsedUp={() => onUsedUp(lot)} />
      ))}
    </View>
  );
}

function LotRow({ lot, onUsedUp }: { lot: Lot; onUsedUp: () => void }) {
  const { m, language } = useLanguage();
  const today = dayOf(new Date());
  const StorageIcon = lot.storage && storageIcon[lot.storage];
  const opened = lot.opened_on && m.inventory.opened(formatDay(lot.opened_on, language, today));
  return (
    <View style={styles.lot} testID="lot">
      <Pressable
        role="link"
        onPress={() => router.push({ pathname: '/inventory-item', params: { id: lot.id } })}
        testID="lot-open"
        style={styles.link}
      >
        <View style={styles.grow}>
          {/* The heading above shows the name; a screen reader comes to the link alone. */}
          <Label kind="small" style={styles.spoken}>
            {lot.name}
          </Label>
          <View style={styles.facts}>
            <FreshnessBadge lot={lot} today={today} />
            <Badge text={formatQuantity(lot.quantity, lot.unit)} testID="lot-quantity" />
            {lot.storage && StorageIcon ? (
              <Badge icon={StorageIcon} text={m.storage[lot.storage]} testID={`lot-storage-${lot.storage}`} />
            ) : null}
            {opened ? <Badge icon={PackageOpen} text={opened} /> : null}
          </View>
        </View>
        <ChevronRight size={18} color={color.soft} />
      </Pressable>
      <IconButton icon={Check} label={`${lot.name} ${m.inventory.usedUp}`} onPress={onUsedUp} tint={color.brand} testID="use-up" />
    </View>
  );
}

const styles = StyleSheet.create({
  card: { borderRadius: radius.l, borderWidth: 1, borderColor: color.line, backgroundColor: color.card, padding: space.m, gap: space.xs },
  head: { flexDirection: 'row', alignItems: 'center', gap: space.m },
  icon: { width: 40, height: 40, borderRadius: radius.m, backgroundColor: color.brandSoft, alignItems: 'center', justifyContent: 'center' },
  grow: { flex: 1 },
  lot: { flexDirection: 'row', alignItems: 'center', gap: space.xs, paddingLeft: 52 },
  link: { flex: 1, flexDirection: 'row', alignItems: 'center', minHeight: 44 },
  spoken: { position: 'absolute', width: 1, height: 1, overflow: 'hidden', opacity: 0 },
  facts: { flexDirection: 'row', flexWrap: 'wrap', gap: space.xs + 2 },
});
