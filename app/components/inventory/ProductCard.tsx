import { router } from 'expo-router';
import { Pressable, View } from 'react-native';

import { FreshnessText } from './FreshnessBadge';
import { ProductIcon } from './ProductIcon';
import { storageIcon } from '@/components/food/storageIcons';
import { Badge } from '@/components/ui/Chip';
import { IconButton } from '@/components/ui/IconButton';
import { Check, PackageOpen } from '@/components/ui/icons';
import { Label } from '@/components/ui/Label';
import { themed, useColor } from '@/components/ui/scheme';
import { SwipeRow } from '@/components/ui/SwipeRow';
import { space, TOUCH } from '@/components/ui/theme';
import { dayOf } from '@/lib/dates';
import { formatDay, formatQuantity, useLanguage } from '@/lib/i18n';
import type { Lot, Product } from '@/lib/inventory';

type Actions = { onUsedUp: (lot: Lot) => Promise<void>; onOpened: (lot: Lot) => Promise<void> };

/** A product with its lots, a row each, the lot to use first on top. */
export function ProductCard({ product, ...actions }: { product: Product } & Actions) {
  const styles = useStyles();
  const image = product.lots.find(({ image_url }) => image_url)?.image_url ?? null;
  return (
    <View style={styles.product} testID="product">
      {product.lots.map((lot, index) => (
        <LotRow key={lot.id} lot={lot} count={index === 0 ? product.lots.length : 0} image={image} {...actions} />
      ))}
    </View>
  );
}

/** `count`: the number of lots of the product if this is its first, otherwise 0. */
function LotRow({ lot, count, image, onUsedUp, onOpened }: { lot: Lot; count: number; image: string | null } & Actions) {
  const color = useColor();
  const styles = useStyles();
  const { m, language } = useLanguage();
  const today = dayOf(new Date());
  const StorageIcon = lot.storage && storageIcon[lot.storage];
  const opened = lot.opened_on && m.inventory.opened(formatDay(lot.opened_on, language, today));
  return (
    <SwipeRow
      right={{ name: 'use-up', text: m.inventory.usedUp, icon: Check, tone: 'brand', onSwipe: () => void onUsedUp(lot) }}
      left={
        lot.opened_on
          ? undefined
          : { name: 'open', text: m.inventory.open, icon: PackageOpen, tone: 'notice', onSwipe: () => void onOpened(lot) }
      }
      testID="lot"
    >
      <View style={styles.lot}>
        <Pressable
          role="link"
          onPress={() => router.push({ pathname: '/inventory-item', params: { id: lot.id } })}
          testID="lot-open"
          style={({ pressed }) => [styles.link, pressed && styles.pressed]}
        >
          {count ? <ProductIcon code={lot.categories.code} image={image} /> : <View style={styles.noIcon} />}
          <View style={styles.grow}>
            {count ? (
              <View style={styles.facts}>
                <Label kind="strong" numberOfLines={1} style={styles.shrink} testID="product-name">
                  {lot.name}
                </Label>
                {count > 1 ? <Badge text={m.inventory.lots(count)} testID="lot-count" /> : null}
              </View>
            ) : (
              // The row above shows the name; a screen reader comes to the link alone.
              <Label kind="small" style={styles.spoken}>
                {lot.name}
              </Label>
            )}
            <View style={styles.facts}>
              <FreshnessText lot={lot} today={today} />
              <Label kind="small" tint={color.soft} testID="lot-quantity">
                {formatQuantity(lot.quantity, lot.unit)}
              </Label>
              {lot.storage && StorageIcon ? (
                <View style={styles.fact} testID={`lot-storage-${lot.storage}`}>
                  <StorageIcon size={13} color={color.soft} />
                  <Label kind="small" tint={color.soft}>
                    {m.storage[lot.storage]}
                  </Label>
                </View>
              ) : null}
              {opened ? (
                <Label kind="small" tint={color.soft}>
                  {opened}
                </Label>
              ) : null}
            </View>
          </View>
        </Pressable>
        <IconButton icon={Check} label={`${lot.name} ${m.inventory.usedUp}`} onPress={() => onUsedUp(lot)} tint={color.brand} testID="use-up" />
      </View>
    </SwipeRow>
  );
}

const useStyles = themed((color) => ({
  product: { borderBottomWidth: 1, borderBottomColor: color.line },
  lot: { flexDirection: 'row', alignItems: 'center', gap: space.xs },
  link: {
    flex: 1,
    minWidth: 0,
    minHeight: TOUCH + 12,
    flexDirection: 'row',
    alignItems: 'center',
    gap: space.m,
    paddingVertical: space.xs + 2,
    paddingLeft: space.m,
  },
  pressed: { opacity: 0.6 },
  noIcon: { width: 36 },
  grow: { flex: 1, minWidth: 0 },
  shrink: { flexShrink: 1 },
  facts: { flexDirection: 'row', flexWrap: 'wrap', alignItems: 'center', columnGap: space.s },
  fact: { flexDirection: 'row', alignItems: 'center', gap: 3 },
  spoken: { position: 'absolute', width: 1, height: 1, overflow: 'hidden', opacity: 0 },
}));
