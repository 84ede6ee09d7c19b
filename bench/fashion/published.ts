/** Accuracies of LeNet on Fashion-MNIST that others have published, and where. */
export interface PublishedAccuracy {
  readonly network: string;
  readonly top1: number;
  readonly source: string;
}

/** All trained on the 60,000 training images, from which here a part is set aside for validation. */
export const publishedOnFashion: readonly PublishedAccuracy[] = [
  {
    network: "LeNet with sigmoids and mean-pooling, 28 × 28",
    top1: 0.825,
    source:
      "Dive into Deep Learning, d2l-ai/1day-notebooks, notebooks-2/4-lenet.ipynb (2019), output",
  },
  {
    network: "LeNet-5",
    top1: 0.87,
    source: "boscoj2008.github.io/LeNet-5",
  },
  {
    network: "two convolutions with pooling",
    top1: 0.876,
    source: "Fashion-MNIST's README, table of submitted benchmarks (K. Rasul)",
  },
];
