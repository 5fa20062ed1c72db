/** Sentences to begin with, written for this page. */

export const EXAMPLES = [
  {
    title: "A lighthouse",
    text: "The lamp had burned in the tower for a hundred years before anyone noticed that no keeper climbed the stairs.",
  },
  {
    title: "Something below",
    text: "Beneath the drowned streets something ancient stirred, and its dreams crept like cold tides into our sleep.",
  },
  {
    title: "A letter home",
    text: "My dear sister, how shall I describe the tenderness with which he spoke of our mother and of the happy valley of our youth?",
  },
  {
    title: "A clever thief",
    text: "It was, I confess, a singular theft: the door was bolted, the window was sealed, and yet the diamond had gone.",
  },
  {
    title: "Words it does not know",
    text: "My smartphone pinged twice while the microwave hummed, and grandma's podcast droned about cryptocurrency.",
  },
];
