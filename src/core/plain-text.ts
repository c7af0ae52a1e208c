/**
 * Text from elsewhere (a file, a model, a server) that is shown or sent on: without what moves a
 * cursor, colours a screen, writes backwards or cannot be seen at all. Line ends stay.
 */
export const plainText = (text: string): string =>
  text.replace(/(?!\n)[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Co}\p{Cs}]/gu, " ");
