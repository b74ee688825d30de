// Names and telephone numbers of contacts: recognised while reading and masked before anything is kept.
import type { Contact, Place } from '../model.ts';
import { norm } from './text.ts';

const label = /(联系人|负责人|经办人|填表人|填报人|制表人|联系方式|联系电话|咨询电话|监督电话|电话|手机)/;
const personLabel = /(联系人|负责人|经办人|填表人|填报人|制表人|签字人)/;
export const maskedName = '＊＊';
export const maskedPhone = '＊＊＊＊';

const mobile = /(?<![\d.,])1[3-9]\d{9}(?![\d.,]|\s{0,2}[万亿]?元)/g;
const landline = /(?<![\d.,-])(?:[(（]?0\d{2,3}[)）]?\s?[-－—]\s?|[(（]0\d{2,3}[)）]\s?|0(?:10|2\d|[3-9]\d{2}))\d{7,8}(?![\d.,])/g;
const local = /(?<![\d.,-])[2-8]\d{6,7}(?![\d.,]|\s{0,2}[万亿]?元)/g;
/** 联系人：某某 ; the name ends at a blank, a mark, a figure, another label or the end. */
const named = /((?:联系人|负责人|经办人|填表人|填报人|制表人)(?:及(?:联系)?电话|及联系方式)?[^\S\n]*[:：]?[^\S\n]*)([\p{Script=Han}·]{2,4})(?=\s|$|[,，;；、（(\d]|联系|电话)/gu;
const spaced = /((?:联系人|负责人)[^\S\n]*[:：]\s{0,4})([\p{Script=Han}]\s{1,4}[\p{Script=Han}])(?=\s|$|联系|电话)/gu;

/** Masks one line or cell. `expectPerson` says that the cell before named a contact. */
export function maskText(text: string, place: Place, contacts: Contact[], expectPerson = false): string {
  if (!expectPerson && !label.test(text) && !/\d{7}/.test(text)) return text;
  if (text.length > 4000) return text;
  let name = '';
  let phone = '';
  let out = text.replace(mobile, () => ((phone = maskedPhone), maskedPhone)).replace(landline, () => ((phone = maskedPhone), maskedPhone));
  if (expectPerson || label.test(text)) {
    if (expectPerson || /(电话|联系方式|手机)/.test(text)) out = out.replace(local, () => ((phone = maskedPhone), maskedPhone));
    out = out.replace(spaced, (_all, before: string) => ((name = maskedName), before + maskedName));
    out = out.replace(named, (all, before: string, word: string) => {
      if (/^(及|和|签|盖|意见|电话|联系|单位|项目|主管|部门|职务)/.test(word)) return all;
      name = maskedName;
      return before + maskedName;
    });
    if (expectPerson)
      out = out.replace(/^(\s*)([\p{Script=Han}·]{2,4})(?=\s|$|[,，;；、（(\d＊])/u, (_all, before: string) => {
        name = maskedName;
        return before + maskedName;
      });
  }
  if (name || phone) contacts.push({ name: name || '', phone: phone || '', place });
  return out;
}

/** Masks the cells of one row; a cell that follows a contact label is taken for a name and number. */
export function maskCells(cells: string[], place: (column: number) => Place, contacts: Contact[]): string[] {
  let expect = false;
  return cells.map((cell, i) => {
    if (cell === '') return cell;
    const n = norm(cell);
    const isLabel = n.length <= 16 && (personLabel.test(n) || /^(联系电话|联系方式|电话|手机)[:：]?$/.test(n)) && !/[:：].+/.test(n);
    const out = maskText(cell, place(i), contacts, expect && !isLabel);
    expect = isLabel;
    return out;
  });
}
