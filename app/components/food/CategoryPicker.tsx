import { Pressable, useWindowDimensions, View } from 'react-native';

import { categoryIcon } from './categoryIcons';
import { Label } from '@/components/ui/Label';
import { themed, useColor } from '@/components/ui/scheme';
import { radius, space, WIDE } from '@/components/ui/theme';
import { categoryName, useLanguage } from '@/lib/i18n';
import type { Category } from '@/lib/receipts';

type Props = {
  categories: readonly Category[];
  /** Codes to show first: the model's next best guesses. */
  likely?: readonly string[];
  selected: string | null;
  onSelect: (code: string) => void;
};

/** All categories with their icons, the likely ones first. */
export function CategoryPicker({ categories, likely = [], selected, onSelect }: Props) {
  const color = useColor();
  const styles = useStyles();
  const { m } = useLanguage();
  const cell = useWindowDimensions().width >= WIDE ? styles.fifth : styles.third;
  const first = likely.flatMap((code) => categories.find((category) => category.code === code) ?? []);
  const group = (list: readonly Category[], name: string, prefix: string) => (
    <View style={styles.group}>
      <Label kind="smallStrong" tint={color.soft}>
        {name}
      </Label>
      <View style={styles.grid} role="radiogroup" aria-label={name}>
        {list.map((category) => (
          <View key={category.code} style={cell}>
            <Tile
              category={category}
              selected={selected === category.code}
              onPress={() => onSelect(category.code)}
              testID={`${prefix}-${category.code}`}
            />
          </View>
        ))}
      </View>
    </View>
  );
  return (
    <>
      {first.length ? group(first, m.editor.likely, 'likely') : null}
      {group(categories, m.editor.allCategories, 'category')}
    </>
  );
}

type TileProps = { category: Category; selected: boolean; onPress: () => void; testID: string };

function Tile({ category, selected, onPress, testID }: TileProps) {
  const color = useColor();
  const styles = useStyles();
  const { language } = useLanguage();
  const Icon = categoryIcon(category.code);
  const name = categoryName(category, language);
  return (
    <Pressable
      role="radio"
      aria-label={name}
      aria-checked={selected}
      onPress={onPress}
      testID={testID}
      style={({ pressed }) => [styles.tile, selected && styles.selected, pressed && styles.pressed]}
    >
      <Icon size={22} color={selected ? color.onBrand : color.brand} />
      <Label kind="smallStrong" tint={selected ? color.onBrand : color.text} style={styles.name}>
        {name}
      </Label>
    </Pressable>
  );
}

const useStyles = themed((color) => ({
  group: { gap: space.s },
  grid: { flexDirection: 'row', flexWrap: 'wrap', margin: -space.xs },
  third: { width: '33.333%', padding: space.xs },
  fifth: { width: '20%', padding: space.xs },
  tile: {
    flex: 1,
    minHeight: 72,
    paddingVertical: space.s,
    paddingHorizontal: space.xs,
    gap: space.xs,
    alignItems: 'center',
    justifyContent: 'center',
    borderRadius: radius.m,
    borderWidth: 1,
    borderColor: color.line,
    backgroundColor: color.card,
  },
  selected: { backgroundColor: color.brand, borderColor: color.brand },
  pressed: { opacity: 0.6 },
  name: { textAlign: 'center' },
}));
