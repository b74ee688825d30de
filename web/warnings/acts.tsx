// What can be done with a warning, each asked for its reason: handled, false alarm, shelved for a time that ends.
import { Button, DatePicker, Input, Modal } from 'antd';
import dayjs from 'dayjs';
import { useState } from 'react';
import { warningsApi } from '#core/warnings/contract.ts';
import { useCommand } from '../api.ts';
import { useText } from '../texts.tsx';
import { serverNow } from '../ui/clock.tsx';
import { detail as words } from './texts.ts';

export type Act = 'close' | 'falseAlarm' | 'shelve';
const helps = { close: words.closeHelp, falseAlarm: words.falseHelp, shelve: words.shelveHelp };

export function ActDialog({ id, act, onClose }: { id: string; act: Act; onClose(): void }) {
  const s = useText();
  const [note, setNote] = useState('');
  const [until, setUntil] = useState(() => dayjs(serverNow()).add(2, 'hour'));
  const close = useCommand(warningsApi.close, { done: s(words.closed), onSuccess: onClose });
  const falseAlarm = useCommand(warningsApi.falseAlarm, { done: s(words.falseDone), onSuccess: onClose });
  const shelve = useCommand(warningsApi.shelve, { done: s(words.shelveDone), onSuccess: onClose });
  const pending = close.isPending || falseAlarm.isPending || shelve.isPending;
  const send = () => {
    if (!note.trim() || pending) return;
    const input = { params: { id }, body: { note: note.trim() } };
    if (act === 'close') close.mutate(input);
    else if (act === 'falseAlarm') falseAlarm.mutate(input);
    else shelve.mutate({ params: { id }, body: { note: note.trim(), until: until.toISOString() } });
  };
  return (
    <Modal open title={s(words[act])} onCancel={onClose} okButtonProps={{ disabled: !note.trim() }} confirmLoading={pending} onOk={send}>
      <p className="muted" style={{ marginTop: 0 }}>
        {s(helps[act])}
      </p>
      {act === 'shelve' ? (
        <div className="row" style={{ marginBottom: 10 }}>
          <DatePicker
            showTime={{ format: 'HH:mm' }}
            format="YYYY-MM-DD HH:mm"
            allowClear={false}
            aria-label={s(words.until)}
            value={until}
            minDate={dayjs(serverNow())}
            maxDate={dayjs(serverNow()).add(7, 'day')}
            onChange={(d) => d && setUntil(d)}
          />
          {[1, 2, 8, 24].map((n) => (
            <Button key={n} size="small" onClick={() => setUntil(dayjs(serverNow()).add(n, 'hour'))}>
              {s(words.hours, { n })}
            </Button>
          ))}
        </div>
      ) : null}
      <Input.TextArea
        rows={3}
        maxLength={500}
        aria-label={s(words.note)}
        placeholder={s(words.noteHere)}
        value={note}
        onChange={(e) => setNote(e.target.value)}
        onKeyDown={(e) => e.ctrlKey && e.key === 'Enter' && send()}
        autoFocus
      />
    </Modal>
  );
}
