// What all finance charts share: room for axis titles, the legend below the picture where it hides nothing.

export const legend = { bottom: 0, type: 'scroll' } as const;
/** Room for the title above the value axis, the title below the other one, and the legend. */
export const grid = { left: 14, right: 20, top: 34, bottom: 48, containLabel: true } as const;
/** Title of the horizontal axis, below it in the middle. */
export const below = (name: string) => ({ name, nameLocation: 'middle', nameGap: 27 }) as const;
/** Title of the vertical axis, above it, growing to the right so that nothing is cut at the edge. */
export const above = (name: string) => ({ name, nameLocation: 'end', nameGap: 12, nameTextStyle: { align: 'left' } }) as const;
