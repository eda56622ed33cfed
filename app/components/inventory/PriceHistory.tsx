import { StyleSheet, View } from 'react-native';

import { Card } from '@/components/ui/Card';
import { Label } from '@/components/ui/Label';
import { useColor } from '@/components/ui/scheme';
import { space } from '@/components/ui/theme';
import { dayOf } from '@/lib/dates';
import { formatDay, formatMoney, useLanguage } from '@/lib/i18n';
import type { Lot } from '@/lib/inventory';
import { usePriceHistory } from '@/lib/queries';

/** What the user paid for the product, the latest purchase first; nothing if it is on no receipt. */
export function PriceHistory({ lot }: { lot: Pick<Lot, 'name' | 'gtin14'> }) {
  const color = useColor();
  const { m, language } = useLanguage();
  const purchases = usePriceHistory(lot);
  const today = dayOf(new Date());
  if (!purchases.length) return null;
  const changed = (percent: number | null) => (Math.round(percent ?? 0) ? m.result.priceChange(Math.round(percent ?? 0)) : null);
  const money = (won: number) => formatMoney(Math.round(won), 'KRW', language);
  return (
    <Card testID="price-history">
      <Label kind="large" role="heading" aria-level={2}>
        {m.inventory.prices}
      </Label>
      {purchases.map(({ receipt_item_id, bought_on, store_name, won_per_unit, won_per_100, size_unit, change_percent }) => (
        <View key={receipt_item_id} style={styles.purchase} testID="purchase">
          <Label kind="strong">
            {money(won_per_unit)}
            {won_per_100 !== null && size_unit ? ` · ${m.inventory.per100(size_unit, money(won_per_100))}` : ''}
          </Label>
          <Label kind="small" tint={color.soft}>
            {[formatDay(bought_on, language, today), store_name, changed(change_percent)].filter(Boolean).join(' · ')}
          </Label>
        </View>
      ))}
    </Card>
  );
}

const styles = StyleSheet.create({ purchase: { paddingVertical: space.xs } });
