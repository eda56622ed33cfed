import { useMutation } from '@tanstack/react-query';

import { Button } from '@/components/ui/Button';
import { Card } from '@/components/ui/Card';
import { Label } from '@/components/ui/Label';
import { useNotice } from '@/components/ui/Notice';
import { useColor } from '@/components/ui/scheme';
import { useBackend } from '@/lib/backend';
import { dayOf } from '@/lib/dates';
import { type ExportKind, exportCsv } from '@/lib/exports';
import { useMessages } from '@/lib/i18n';
import { saveFile } from '@/lib/saveFile';

const KINDS: readonly ExportKind[] = ['inventory', 'spending'];

/** Inventory and spending as files that spreadsheets open. */
export function FilesCard() {
  const color = useColor();
  const m = useMessages();
  const { supabase } = useBackend();
  const { sayProblem } = useNotice();
  const save = useMutation({
    mutationFn: async (kind: ExportKind) => {
      const text = await exportCsv(supabase, kind);
      await saveFile(`jangbogi-${kind}-${dayOf(new Date())}.csv`, text, 'text/csv');
    },
    onError: sayProblem,
  });
  return (
    <Card>
      <Label kind="smallStrong" tint={color.soft}>
        {m.settings.files.title}
      </Label>
      {KINDS.map((kind) => (
        <Button
          key={kind}
          look="secondary"
          title={m.settings.files[kind]}
          onPress={() => save.mutate(kind)}
          busy={save.isPending && save.variables === kind}
          disabled={save.isPending}
          testID={`export-${kind}`}
        />
      ))}
    </Card>
  );
}
