import { useQuery } from '@tanstack/react-query';
import { Linking, View } from 'react-native';

import { Button } from '@/components/ui/Button';
import { FileText } from '@/components/ui/icons';
import { Label } from '@/components/ui/Label';
import { useNotice } from '@/components/ui/Notice';
import { themed, useColor } from '@/components/ui/scheme';
import { radius, space } from '@/components/ui/theme';
import { useBackend } from '@/lib/backend';
import { useMessages } from '@/lib/i18n';
import { pdfLink } from '@/lib/pdf';

/** In place of a photo: opens the PDF where the device shows such files. */
export function PdfView({ path }: { path: string }) {
  const color = useColor();
  const styles = useStyles();
  const m = useMessages();
  const { supabase } = useBackend();
  const { sayProblem } = useNotice();
  // Before it is needed, as browsers open a window only at once after a press.
  const link = useQuery({ queryKey: ['pdf', path], queryFn: () => pdfLink(supabase, path), staleTime: 30 * 60_000, gcTime: 0 });
  const open = () => {
    if (link.data) Linking.openURL(link.data).catch(sayProblem);
    else void link.refetch();
  };
  return (
    <View style={styles.row} testID="pdf">
      <FileText size={20} color={color.soft} />
      <Label style={styles.grow}>{m.result.pdf}</Label>
      <Button compact look="secondary" title={link.error ? m.common.retry : m.result.openPdf} onPress={open} busy={link.isFetching} testID="open-pdf" />
    </View>
  );
}

const useStyles = themed((color) => ({
  row: { flexDirection: 'row', alignItems: 'center', gap: space.s, padding: space.m, borderRadius: radius.l, backgroundColor: color.idleSoft },
  grow: { flex: 1 },
}));
