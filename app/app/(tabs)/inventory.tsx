import { router } from 'expo-router';
import { useDeferredValue, useMemo, useState } from 'react';
import { ScrollView, View } from 'react-native';

import { categoryIcon } from '@/components/food/categoryIcons';
import { storageIcon } from '@/components/food/storageIcons';
import { ProductCard } from '@/components/inventory/ProductCard';
import { Button } from '@/components/ui/Button';
import { Choice } from '@/components/ui/Chip';
import { Field } from '@/components/ui/Field';
import { IconButton } from '@/components/ui/IconButton';
import { Camera, Clock, Plus, Refrigerator, Search } from '@/components/ui/icons';
import { Label } from '@/components/ui/Label';
import { Page } from '@/components/ui/Page';
import { themed, useColor } from '@/components/ui/scheme';
import { Loaded, State } from '@/components/ui/State';
import { radius, space } from '@/components/ui/theme';
import { dayOf } from '@/lib/dates';
import { categoryName, useLanguage } from '@/lib/i18n';
import { EVERYTHING, type Filter, products } from '@/lib/inventory';
import { useLotActions } from '@/lib/lotActions';
import { useInventory } from '@/lib/queries';
import { STORAGES } from '@/lib/useBy';

/** The number of products shown at first, and with every press on "more". */
const SHOWN = 50;

export default function Inventory() {
  const color = useColor();
  const styles = useStyles();
  const { m, language } = useLanguage();
  const query = useInventory();
  const actions = useLotActions();
  const [filter, setFilter] = useState<Filter>(EVERYTHING);
  const [shownCount, setShownCount] = useState(SHOWN);
  const deferred = useDeferredValue(filter);
  const today = dayOf(new Date());
  const matches = useMemo(() => products(query.data ?? [], deferred, today), [query.data, deferred, today]);
  const shown = matches.slice(0, shownCount);
  const categories = useMemo(
    () => [...new Map((query.data ?? []).map((lot) => [lot.categories.code, lot.categories])).values()],
    [query.data],
  );
  const narrow = (change: Partial<Filter>) => setFilter({ ...filter, ...change });

  return (
    <Page
      title={m.inventory.title}
      aside={<IconButton icon={Plus} label={m.inventory.add} tint={color.brand} onPress={() => router.push('/add')} testID="add-by-hand" />}
      wide
      testID="inventory"
    >
      <Loaded query={query}>
        {(lots) =>
          lots.length === 0 ? (
            <State
              icon={Refrigerator}
              title={m.inventory.empty}
              hint={m.inventory.emptyHint}
              action={
                <Button
                  icon={Camera}
                  look="secondary"
                  title={m.inventory.toReceipts}
                  onPress={() => router.navigate('/receipts')}
                  testID="to-receipts"
                />
              }
              testID="state-empty"
            />
          ) : (
            <>
              <Field label={m.inventory.search} value={filter.search} onChangeText={(search) => narrow({ search })} inputMode="search" testID="search" />
              <ScrollView horizontal showsHorizontalScrollIndicator={false} style={styles.filter} contentContainerStyle={styles.chips}>
                <Choice
                  role="button"
                  text={m.inventory.soonOnly}
                  icon={Clock}
                  selected={filter.soon}
                  onPress={() => narrow({ soon: !filter.soon })}
                  testID="filter-soon"
                />
                <View style={styles.chips} role="radiogroup" aria-label={m.editor.storage}>
                  <Choice text={m.common.all} selected={filter.storage === null} onPress={() => narrow({ storage: null })} testID="filter-everywhere" />
                  {STORAGES.map((storage) => (
                    <Choice
                      key={storage}
                      text={m.storage[storage]}
                      icon={storageIcon[storage]}
                      selected={filter.storage === storage}
                      onPress={() => narrow({ storage })}
                      testID={`filter-${storage}`}
                    />
                  ))}
                </View>
              </ScrollView>
              <ScrollView
                horizontal
                showsHorizontalScrollIndicator={false}
                role="radiogroup"
                aria-label={m.editor.category}
                style={styles.filter}
                contentContainerStyle={styles.chips}
              >
                <Choice text={m.common.all} selected={filter.category === null} onPress={() => narrow({ category: null })} testID="filter-all" />
                {categories.map((each) => (
                  <Choice
                    key={each.code}
                    text={categoryName(each, language)}
                    icon={categoryIcon(each.code)}
                    selected={filter.category === each.code}
                    onPress={() => narrow({ category: each.code })}
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
                  <View style={styles.list}>
                    {shown.map((product) => (
                      <ProductCard
                        key={product.key}
                        product={product}
                        onUsedUp={actions.finish}
                        onOpened={actions.open}
                      />
                    ))}
                  </View>
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

const useStyles = themed((color) => ({
  filter: { flexGrow: 0 },
  chips: { flexDirection: 'row', gap: space.s, paddingVertical: 2 },
  list: {
    borderRadius: radius.l,
    borderWidth: 1,
    borderBottomWidth: 0,
    borderColor: color.line,
    backgroundColor: color.card,
    overflow: 'hidden',
  },
}));
