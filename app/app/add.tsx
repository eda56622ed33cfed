import { useState } from 'react';
import { View } from 'react-native';

import { AddForm } from '@/components/barcode/AddForm';
import { categoryIcon } from '@/components/food/categoryIcons';
import { Card } from '@/components/ui/Card';
import { Choice } from '@/components/ui/Chip';
import { Page } from '@/components/ui/Page';
import { themed } from '@/components/ui/scheme';
import { Loaded } from '@/components/ui/State';
import { space } from '@/components/ui/theme';
import { useMessages } from '@/lib/i18n';
import type { NameSuggestion, NewLot } from '@/lib/inventory';
import { useLeave } from '@/lib/leave';
import { useLotAdding } from '@/lib/lotAdding';
import { useCategories, useNameSuggestions } from '@/lib/queries';

/** Adds food by hand, such as from a market: names that the user or other households use are offered. */
export default function Add() {
  const styles = useStyles();
  const m = useMessages();
  const leave = useLeave('/inventory');
  const { add, adding, error } = useLotAdding(leave);
  const categories = useCategories();
  const [typed, setTyped] = useState('');
  const [chosen, setChosen] = useState<NameSuggestion | null>(null);
  const suggestions = useNameSuggestions(typed.trim()).filter(({ name }) => name !== typed.trim());
  const addChosen = (lot: NewLot) => {
    const same = chosen?.name === lot.name ? chosen : null;
    add({ ...lot, ...(same?.unit && { unit: same.unit }), ...(same?.gtin14 && { gtin: same.gtin14 }) });
  };

  return (
    <Page title={m.inventory.add} back testID="add">
      <Loaded query={categories}>
        {(list) => (
          <Card>
            {suggestions.length ? (
              <View style={styles.names} testID="name-suggestions">
                {suggestions.map((suggestion) => (
                  <Choice
                    key={`${suggestion.name} ${suggestion.category}`}
                    role="button"
                    icon={categoryIcon(suggestion.category)}
                    text={suggestion.name}
                    selected={false}
                    onPress={() => {
                      setChosen(suggestion);
                      setTyped(suggestion.name);
                    }}
                    testID="name-suggestion"
                  />
                ))}
              </View>
            ) : null}
            <AddForm
              key={chosen?.name}
              name={chosen?.name ?? ''}
              quantity={1}
              category={chosen?.category ?? null}
              suggestion={undefined}
              packageDate={null}
              categories={list}
              busy={adding}
              error={error}
              onName={setTyped}
              onAdd={addChosen}
            />
          </Card>
        )}
      </Loaded>
    </Page>
  );
}

const useStyles = themed(() => ({ names: { flexDirection: 'row', flexWrap: 'wrap', gap: space.s, paddingBottom: space.s } }));
