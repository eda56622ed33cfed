import { useState } from 'react';

import { categoryIcon } from '@/components/food/categoryIcons';
import { MonthChart } from '@/components/statistics/MonthChart';
import { Shares } from '@/components/statistics/Shares';
import { Card } from '@/components/ui/Card';
import { ChartBar, ShoppingBag } from '@/components/ui/icons';
import { Label } from '@/components/ui/Label';
import { Page } from '@/components/ui/Page';
import { useColor } from '@/components/ui/scheme';
import { Loaded, State } from '@/components/ui/State';
import { categoryName, formatMonth, useLanguage } from '@/lib/i18n';
import { useCategories, useStatistics } from '@/lib/queries';
import { lastMonths, MONTHS, type Share, sharesOf, thisMonth, type Waste, wasteOf, wonOf } from '@/lib/statistics';

/** What was spent, at which stores and on what, and what was thrown away, month by month. */
export default function StatisticsScreen() {
  const color = useColor();
  const { m, language } = useLanguage();
  const query = useStatistics();
  const categories = useCategories();
  const [month, setMonth] = useState(() => thisMonth(new Date()));
  const byCategory = (shares: readonly (Share & Partial<Waste>)[]) =>
    shares.map(({ name, won, unpriced }) => {
      const category = categories.data?.find(({ code }) => code === name);
      const text = category ? categoryName(category, language) : m.statistics.unknown;
      const note = unpriced ? m.statistics.unpriced(unpriced) : undefined;
      return { key: name ?? '', text, icon: categoryIcon(name ?? ''), won, note };
    });
  const heading = (text: string) => (
    <Label kind="large" role="heading" aria-level={2}>
      {text}
    </Label>
  );

  return (
    <Page title={m.statistics.title} back testID="statistics">
      <Loaded query={query}>
        {({ months, stores, categories: spent, waste }) => {
          if (months.length + waste.length === 0) {
            return <State icon={ChartBar} title={m.statistics.empty} hint={m.statistics.emptyHint} testID="state-empty" />;
          }
          const bars = lastMonths(thisMonth(new Date()), MONTHS).map((each) => ({ month: each, won: wonOf(months, each) }));
          const wasted = wasteOf(waste, month);
          const wastedWon = wonOf(waste, month);
          const wastedItems = wasted.reduce((sum, { items }) => sum + items, 0);
          const monthStores = sharesOf(stores, month);
          const monthCategories = sharesOf(spent, month);
          return (
            <>
              <Card>
                <Label tint={color.soft}>{formatMonth(month, language)}</Label>
                <Label kind="hero" role={undefined} testID="month-won">
                  {m.won(wonOf(months, month))}
                </Label>
                <MonthChart bars={bars} selected={month} onSelect={setMonth} />
              </Card>
              {monthCategories.length ? (
                <Card>
                  {heading(m.statistics.categories)}
                  <Shares shares={byCategory(monthCategories)} testID="shares-categories" />
                </Card>
              ) : null}
              {monthStores.length ? (
                <Card>
                  {heading(m.statistics.stores)}
                  <Shares
                    shares={monthStores.map(({ name, won }) => ({ key: name ?? '', text: name ?? m.receipts.noStore, icon: ShoppingBag, won }))}
                    testID="shares-stores"
                  />
                </Card>
              ) : null}
              <Card>
                {heading(m.statistics.waste)}
                {wasted.length ? (
                  <>
                    <Label tint={color.danger} testID="wasted">
                      {wastedWon ? m.statistics.wasted(m.won(wastedWon)) : m.statistics.wastedItems(wastedItems)}
                    </Label>
                    <Shares shares={byCategory(wasted)} tone="danger" testID="shares-waste" />
                  </>
                ) : (
                  <Label tint={color.soft} testID="nothing-wasted">
                    {m.statistics.nothingWasted}
                  </Label>
                )}
              </Card>
            </>
          );
        }}
      </Loaded>
    </Page>
  );
}
