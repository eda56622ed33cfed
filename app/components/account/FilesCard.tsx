import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { View } from 'react-native';

import { Button } from '@/components/ui/Button';
import { Card } from '@/components/ui/Card';
import { Choice } from '@/components/ui/Chip';
import { Label } from '@/components/ui/Label';
import { useNotice } from '@/components/ui/Notice';
import { themed, useColor } from '@/components/ui/scheme';
import { space } from '@/components/ui/theme';
import { useBackend } from '@/lib/backend';
import { dayOf } from '@/lib/dates';
import { exportEverything, exportFile, type Format } from '@/lib/exports';
import { useMessages } from '@/lib/i18n';
import { saveFile } from '@/lib/saveFile';

const FORMATS: Record<Format, string> = { csv: 'text/csv', json: 'application/json' };
const KINDS = ['inventory', 'spending', 'everything'] as const;
type Kind = (typeof KINDS)[number];

/** Inventory and spending as files for spreadsheets or programs, and all that is stored about the user. */
export function FilesCard() {
  const color = useColor();
  const styles = useStyles();
  const m = useMessages();
  const { supabase } = useBackend();
  const { sayProblem } = useNotice();
  const [format, setFormat] = useState<Format>('csv');
  /** Spreadsheets have no use for everything: it is one table per kind of data. */
  const formatOf = (kind: Kind) => (kind === 'everything' ? 'json' : format);
  const save = useMutation({
    mutationFn: async (kind: Kind) => {
      const ending = formatOf(kind);
      const text = kind === 'everything' ? await exportEverything(supabase) : await exportFile(supabase, kind, ending);
      await saveFile(`jangbogi-${kind}-${dayOf(new Date())}.${ending}`, text, FORMATS[ending]);
    },
    onError: sayProblem,
  });
  const texts = m.settings.files;
  return (
    <Card>
      <Label kind="smallStrong" tint={color.soft}>
        {texts.title}
      </Label>
      <View style={styles.row} role="radiogroup" aria-label={texts.format}>
        {(['csv', 'json'] as const).map((one) => (
          <Choice key={one} text={texts.formats[one]} selected={format === one} onPress={() => setFormat(one)} testID={`export-as-${one}`} />
        ))}
      </View>
      {KINDS.map((kind) => (
        <Button
          key={kind}
          look="secondary"
          title={texts[kind]}
          onPress={() => save.mutateAsync(kind).catch(() => {})}
          busy={save.isPending && save.variables === kind}
          disabled={save.isPending}
          testID={`export-${kind}`}
        />
      ))}
    </Card>
  );
}

const useStyles = themed(() => ({
  row: { flexDirection: 'row', flexWrap: 'wrap', gap: space.s },
}));
