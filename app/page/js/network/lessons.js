/**
 * What a kind of layer is for, in a sentence for somebody who sees it for the first time.
 */

/** @type {Record<string, {title: string, lesson: string}>} */
const LESSONS = {
  InputLayer: {
    title: "Words become numbers",
    lesson: "A network can only count, so each word is replaced by its number in the vocabulary, and short texts are filled up with zeros.",
  },
  Embedding: {
    title: "Numbers become meanings",
    lesson: "Each word number picks a row from a table in which words that are used alike have similar rows, so that “house” lies near “room”.",
  },
  Dropout: {
    title: "A layer that only training needs",
    lesson: "In training it blanks numbers at random, so that the network cannot lean on any one of them; in use it lets everything through.",
  },
  Conv1D: {
    title: "Looking at a few words at a time",
    lesson: "Each filter is a small pattern that slides over the text: the better the words under it match, the larger its number, and what does not match becomes 0.",
  },
  MaxPooling1D: {
    title: "Keeping what stands out",
    lesson: "Of every few neighbouring windows only the strongest response of each filter goes on: whether a pattern was there matters more than exactly where.",
  },
  LSTM: {
    title: "Reading in order, with a memory",
    lesson: "It goes through the steps from left to right and decides at each what to forget, what to take in and what to pass on; only its last state is kept.",
  },
  Dense: {
    title: "Weighing it all up",
    lesson: "Every number is weighed for every output and summed; the weights were learnt from examples.",
  },
  NgramTables: {
    title: "Looking up what is known",
    lesson: "The wide part: tables that hold, for single words and for two and three in a row, how much each speaks for every label. What stands in the text is looked up and summed, no more.",
  },
  Add: {
    title: "Two opinions become one",
    lesson: "The deep part has read the text in order, the wide part has looked up its phrases; the scores that they give each label are added.",
  },
  Temperature: {
    title: "As sure as it may be",
    lesson: "All scores are divided by one number, chosen so that of the answers given with 80 % about 80 % are right on texts kept aside; which label leads stays the same.",
  },
  GRU: { title: "Reading in order, with a memory", lesson: "Like an LSTM, with fewer gates: at each step it mixes what it remembers with what it sees." },
  Flatten: { title: "One long row", lesson: "It only writes the numbers in one row; none of them changes." },
  GlobalMaxPooling1D: { title: "The best anywhere", lesson: "For each filter it keeps the strongest response in the whole text." },
};
const SPATIAL = "SpatialDropout1D";

/** @param {any} layer @param {boolean} endsInSoftmax @returns {{title: string, lesson: string}} */
export function lessonOf(layer, endsInSoftmax) {
  if (endsInSoftmax) {
    return {
      title: "Scores become probabilities",
      lesson: "Each label gets a score, the logit; the softmax raises e to each and shares out 100 % in proportion.",
    };
  }
  return (
    LESSONS[layer.kind === SPATIAL ? "Dropout" : layer.kind] ?? {
      title: layer.name,
      lesson: `A layer of the kind ${layer.kind}: it turns what it is given into the numbers below.`,
    }
  );
}
