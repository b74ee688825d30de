// What is known of the selected cell: where it stands, how surely it was read, what a person made of it; and the way to correct it.
import { Button, Tag } from 'antd';
import type { financeApi } from '#core/finance/contract.ts';
import type { Place } from '#core/finance/source.ts';
import type { Reply } from '../api.ts';
import { useText } from '../texts.tsx';
import { CorrectCell } from './correcting.tsx';
import { isUncertain } from './grid.ts';
import { moneyText } from './money.tsx';
import { placeText } from './place.ts';
import type { Cell, GridRow, TableReply } from './table-grid.tsx';
import { reading } from './texts-disclosure.ts';
import { cellNoteWords, common } from './texts.ts';

export function CellBar({
  of,
  table,
  row,
  cell,
  correcting,
  onCorrecting,
}: {
  of: Reply<typeof financeApi.disclosure>;
  table: TableReply;
  row: GridRow | undefined;
  cell: Cell | undefined;
  correcting: boolean;
  onCorrecting(open: boolean): void;
}) {
  const s = useText();
  const may = of.mayManage && of.current;
  const legend = (
    <div className="fin-legend" aria-label={s(reading.legend)}>
      <span>
        <i className="l-uncertain" />
        {s(reading.legendUncertain)}
      </span>
      <span>
        <i className="l-placed" />
        {s(reading.legendPlaced)}
      </span>
      <span>
        <i className="l-corrected" />
        {s(reading.legendCorrected)}
      </span>
      <span>
        <i className="l-finding" />
        {s(reading.legendFinding)}
      </span>
    </div>
  );
  if (!row || !cell)
    return (
      <div className="fin-cellbar no-print">
        <span className="muted">{s(may ? reading.pickCell : reading.pickCellReader)}</span>
        {legend}
      </div>
    );
  const where = `${row.code ? `${row.code} ` : ''}${row.name ?? ''} · ${table.columns[cell.c]?.path.join(' / ') ?? ''}`;
  return (
    <div className="fin-cellbar no-print" aria-live="polite">
      <div className="spread">
        <span>
          <span className="muted">{where}：</span> <b className={cell.fen === null ? '' : 'num'}>{cell.text || s(reading.blank)}</b>
          {cell.fen === null ? null : (
            <span className="muted">
              {' '}
              = {moneyText(cell.fen, '万元')} {s(common.wan)} = {moneyText(cell.fen, '元')} {s(common.yuan)}
            </span>
          )}
        </span>
        {may ? (
          <Button size="small" type="primary" ghost onClick={() => onCorrecting(true)}>
            {s(reading.correct)}
          </Button>
        ) : null}
      </div>
      <div className="row" style={{ fontSize: 12.5 }}>
        <span className="muted">{placeText(s, cell.place as Place, of.files.length)}</span>
        {cell.confidence < 1 ? <Tag color={isUncertain(cell as never) ? 'warning' : 'default'}>{s(reading.confidence, { n: Math.round(cell.confidence * 100) })}</Tag> : null}
        {cell.notes.map((n) => (
          <span key={n}>{s(cellNoteWords[n]) || n}</span>
        ))}
        {cell.was === null ? null : <Tag color="processing">{s(reading.wasText, { text: cell.was })}</Tag>}
      </div>
      {legend}
      {correcting && may ? <CorrectCell of={of} table={table} row={row} cell={cell} where={where} onClose={() => onCorrecting(false)} /> : null}
    </div>
  );
}
