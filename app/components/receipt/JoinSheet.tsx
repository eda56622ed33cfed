import { useState } from 'react';

import { ReceiptCard } from './ReceiptCard';
import { Label } from '@/components/ui/Label';
import { useColor } from '@/components/ui/scheme';
import { Sheet } from '@/components/ui/Sheet';
import { Loaded } from '@/components/ui/State';
import { useMessages, words } from '@/lib/i18n';
import { problemOf } from '@/lib/problem';
import { useReceipts } from '@/lib/queries';
import { mayContinue, type ReceiptRow } from '@/lib/receipts';
import { useWork } from '@/lib/work';

type Props = {
  receipt: ReceiptRow;
  /** Rejects with the problem that is shown. */
  onJoin: (partId: string) => Promise<void>;
  onClose: () => void;
};

/** Lets the user choose the photo that continues this one below. */
export function JoinSheet({ receipt, onJoin, onClose }: Props) {
  const color = useColor();
  const m = useMessages();
  const query = useReceipts();
  const { run } = useWork();
  const [problem, setProblem] = useState<unknown>(null);
  const parts = query.data?.filter((other) => mayContinue(receipt, other)) ?? [];

  const join = (id: string) => run(async () => {
    setProblem(null);
    try {
      await onJoin(id);
      onClose();
    } catch (error) {
      setProblem(error);
    }
  });

  return (
    <Sheet title={m.result.join.title} onClose={onClose} testID="join-sheet">
      <Loaded query={query}>
        {() => (
          <>
            <Label>{parts.length ? m.result.join.choose : m.result.join.none}</Label>
            {parts.map((part) => (
              <ReceiptCard key={part.id} receipt={part} onPress={() => join(part.id)} />
            ))}
          </>
        )}
      </Loaded>
      {problem ? (
        <Label role="alert" tint={color.danger} testID="join-problem">
          {words(m, problemOf(problem))}
        </Label>
      ) : null}
    </Sheet>
  );
}
