import { useState } from 'react';
import { View } from 'react-native';

import { ProductIcon } from '@/components/inventory/ProductIcon';
import { Button } from '@/components/ui/Button';
import { Card } from '@/components/ui/Card';
import { Label } from '@/components/ui/Label';
import { themed, useColor } from '@/components/ui/scheme';
import { space } from '@/components/ui/theme';
import { formatDay, formatQuantity, useLanguage } from '@/lib/i18n';
import { type Lot, type Stock, stockOf } from '@/lib/inventory';
import { useRunningLow } from '@/lib/queries';

/** The number of products shown at first. */
const SHOWN = 3;

/** Of a product that is due to be bought again, one purchase may be left over; of more there is enough. */
const ENOUGH = 1;

const amountsOf = ({ amounts }: Stock) =>
  amounts.map(({ quantity, unit }) => (unit ? formatQuantity(quantity, unit) : Math.round(quantity * 100) / 100)).join(', ');

/**
 * What the user buys regularly and is due to buy again, with what is left of it, unless there is enough; nothing while
 * nothing is due.
 */
export function RunningLowCard({ lots, today }: { lots: readonly Lot[]; today: string }) {
  const color = useColor();
  const styles = useStyles();
  const { m, language } = useLanguage();
  const [all, setAll] = useState(false);
  const due = (useRunningLow().data ?? [])
    .map((each) => ({ ...each, stock: stockOf(each.name, lots, today) }))
    .filter(({ stock }) => stock.purchases <= ENOUGH);
  const hidden = all ? 0 : Math.max(0, due.length - SHOWN);
  if (!due.length) return null;
  return (
    <Card testID="running-low">
      <Label kind="large" role="heading" aria-level={2}>
        {m.home.runningLow}
      </Label>
      {due.slice(0, due.length - hidden).map(({ name, category, every_days, last_bought_on, stock }) => (
        <View key={`${name} ${category}`} style={styles.row} testID="low">
          <ProductIcon code={category} image={null} />
          <View style={styles.grow}>
            <Label kind="strong" numberOfLines={1} testID="low-name">
              {name}
            </Label>
            <Label kind="small" tint={color.soft}>
              {[
                m.home.inStock(amountsOf(stock)),
                m.home.rhythm(every_days),
                m.home.lastBought(formatDay(last_bought_on, language, today)),
              ].join(' · ')}
            </Label>
          </View>
        </View>
      ))}
      {hidden ? <Button look="quiet" title={m.common.showMore(hidden)} onPress={() => setAll(true)} testID="low-more" /> : null}
    </Card>
  );
}

const useStyles = themed(() => ({
  row: { flexDirection: 'row', alignItems: 'center', gap: space.m, paddingVertical: space.xs },
  grow: { flex: 1, minWidth: 0 },
}));
