import { useQueryClient } from '@tanstack/react-query';
import { useDeferredValue, useMemo, useState } from 'react';
import { ScrollView, StyleSheet } from 'react-native';

import { categoryIcon } from '@/components/food/categoryIcons';
import { ProductCard } from '@/components/inventory/ProductCard';
import { Button } from '@/components/ui/Button';
import { Choice } from '@/components/ui/Chip';
import { Field } from '@/components/ui/Field';
import { Refrigerator, Search } from '@/components/ui/icons';
import { Label } from '@/components/ui/Label';
import { useNotice } from '@/components/ui/Notice';
import { Page } from '@/components/ui/Page';
import { Loaded, State } from '@/components/ui/State';
import { color, space } from '@/components/ui/theme';
import { useBackend } from '@/lib/backend';
import { categoryName, useLanguage } from '@/lib/i18n';
import { consume, type Lot, products, restore } from '@/lib/inventory';
import { useInventory } from '@/lib/queries';

/** The number of products shown at first, and with every press on "more". */
const SHOWN = 50;

export default function Inventory() {
  const { m, language } = useLanguage();
  const { supabase } = useBackend();
  const queries = useQueryClient();
  const { say, sayProblem } = useNotice();
  const query = useInventory();
  const [search, setSearch] = useState('');
  const [category, setCategory] = useState<string | null>(null);
  const [shownCount, setShownCount] = useState(SHOWN);
  const deferredSearch = useDeferredValue(search);
  const matches = useMemo(() => products(query.data ?? [], deferredSearch, category), [query.data, deferredSearch, category]);
  const categories = useMemo(
    () => [...new Map((query.data ?? []).map((lot) => [lot.categories.code, lot.categories])).values()],
    [query.data],
  );

  const act = async (work: () => Promise<void>, confirmation?: string, undo?: () => void) => {
    try {
      await work();
      if (confirmation) say(confirmation, undo);
    } catch (error) {
      sayProblem(error);
    }
    await queries.invalidateQueries({ queryKey: ['inventory'] });
  };
  const finish = (lot: Lot) =>
    void act(
      () => consume(supabase, lot.id),
      m.inventory.usedUpDone(lot.name),
      () => void act(() => restore(supabase, lot)),
    );

  return (
    <Page title={m.inventory.title} testID="inventory">
      <Loaded query={query}>
        {(lots) =>
          lots.length === 0 ? (
            <State icon={Refrigerator} title={m.inventory.empty} hint={m.inventory.emptyHint} testID="state-empty" />
          ) : (
            <>
              <Field label={m.inventory.search} value={search} onChangeText={setSearch} inputMode="search" testID="search" />
              <ScrollView
                horizontal
                showsHorizontalScrollIndicator={false}
                role="radiogroup"
                aria-label={m.editor.category}
                style={styles.filter}
                contentContainerStyle={styles.chips}
              >
                <Choice text={m.common.all} selected={category === null} onPress={() => setCategory(null)} testID="filter-all" />
                {categories.map((each) => (
                  <Choice
                    key={each.code}
                    text={categoryName(each, language)}
                    icon={categoryIcon(each.code)}
                    selected={category === each.code}
                    onPress={() => setCategory(each.code)}
                    testID={`filter-${each.code}`}
                  />
                ))}
              </ScrollView>
              <Label kind="small" tint={color.soft} role="status" testID="count">
                {m.inventory.count(matches.length)}
              </Label>
              {matches.length === 0 ? (
                <State icon={Search} title={m.inventory.nothingFound} hint={m.inventory.nothingFoundHint} testID="state-nothing" />
              ) : (
                <>
                  {matches.slice(0, shownCount).map((product) => (
                    <ProductCard key={product.key} product={product} onUsedUp={finish} />
                  ))}
                  {matches.length > shownCount ? (
                    <Button
                      look="secondary"
                      title={m.common.showMore(matches.length - shownCount)}
                      onPress={() => setShownCount(shownCount + SHOWN)}
                      testID="show-more"
                    />
                  ) : null}
                </>
              )}
            </>
          )
        }
      </Loaded>
    </Page>
  );
}

const styles = StyleSheet.create({ filter: { flexGrow: 0 }, chips: { gap: space.s, paddingVertical: 2 } });
