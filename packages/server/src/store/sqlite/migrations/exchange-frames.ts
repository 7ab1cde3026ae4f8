/** Exchanges are kept in another form; those in the former one, which only development versions wrote, are let go. */
export const EXCHANGE_FRAMES = `
DELETE FROM monitor_block;
DELETE FROM monitor_frame;
DELETE FROM monitor_words;
`;
