/**
 * The numbers in README.md and in the notebooks' text that are no results: facts of the paper, settings of the
 * code, and what was measured by hand. Those that are results stand in readme_bindings.ts. tests/readme_test.ts
 * fails on a number that is neither, and `deno task numbers` writes the results' numbers anew.
 */
import type { Fact } from "./text_numbers.ts";

/** The README's other numbers. */
export const readmeFacts: readonly Fact[] = [
  {
    source: "the paper",
    words: [
      "National Cheng Kung University, 2023",
      "each on 50 classes",
      "0.02 / 0.1, as two of the paper's",
      "63,325 synthetic training images, the paper's number",
      "learning rate 1e-4, images sorted",
      "raw pixels 0–255",
      "Table I: learning rate 0.01; the code",
      "Table I's 0.01 is no mistake",
      "from U(0, 1) and U(−1, 1)",
      "because 450 images are few",
      "| top-1 | 0.02 |",
      "| 0.02 |",
      "| top-5 | 0.1 |",
      "| 0.1 |",
      "202 of 450",
      "top-5 of 0.4489",
      "9 of 450",
      "(450 test images, 95 % intervals)",
    ],
  },
  {
    source: "the code",
    words: [
      "takes 100 epochs, tanh and no teacher",
      ...[
        "Node.js 22.3 or newer",
        "need Node.js 24",
        "The int8 predictor",
        "of 51 kB (21 kB in gzip)",
      ],
      "with seed 1 you can",
      "code is 0 when all went well, 1 when something failed, and 2 when",
      "with exit code 130",
      "On 50 animal classes of Tiny ImageNet",
      "is of 50 animal classes of Tiny ImageNet",
      "on 50 animal classes of Tiny ImageNet",
      "(25,000 training images)",
      "means of 5 seeds",
      "50 animal classes of [Tiny",
      "25,000 training images, 450 test images drawn",
      "the same 65,106 parameters",
      "With batches of 256 and one thread",
      "with batches of 256",
      "in batches of 256",
      "with 40 multiplications in place of 100",
      "with 36 in place of 100",
      "on 1, 2 or 4 threads, as many as there are cores for",
      "gets vectors of 128 bits, and of 256 in turbo",
      "On 2 cores of a processor with AVX2, which has 256 bits",
      "On 2 cores of a processor with AVX-512, where PyTorch has 512 bits",
      "held to 256 bits there",
      "In the last of the runs, on 2 threads",
      "PyTorch's rate on 2 threads",
      "joins the kernels' vectors to 256 bits",
      "up to 14 grey levels",
      "on 1, 2 and 4 threads",
      "40 % of the units removed before",
      "2 × 2 max-pooling",
      "pixels from 0 to 255, (images",
      "32×32 grey pixels",
      "ten epochs, 1e-3, shuffled",
      "0.001, as Keras's code",
      "better than 0.001 with",
      "worse than 0.001 with",
      "notebook 7, 20 seeds",
      "(5 seeds)",
      "has 20 seeds in each row",
      ", 5 seeds)",
      "1, 2 and 4 the same",
      "have 95 % intervals after",
      "On 2 cores of a processor",
      "| 1 thread |",
      "| 2 threads |",
    ],
  },
  {
    source: "other things' names",
    words: [
      ...[
        "LeNet-5",
        "LeNet5",
        "Python 3.11 or newer",
        "Deno 2.9.6",
        "[Deno] 2.9.6",
        "x86_64",
        "AVX-512",
        "AVX2",
      ],
      ...["31 MB", "12 MB", "170 MB", "248 MB", "CC BY-SA 3.0", "SHA-256", "MD5"],
      ...["int8", "float32", "top-1", "top-5", "the LeNet-5 of 1998", "CIFAR-10", "Figures 1 to 3"],
      ...["1. [Preprocessing", "2. [Models", "3. [Training", "4. [Pruning", "5. [Quantization"],
      ...[
        "6. [Figures",
        "7. [Diagnosis",
        "int8 in whole numbers",
        "notebook 7",
        "Notebook 7",
        "V8",
        "x86 since 2013",
      ],
    ],
  },
  {
    source: "measured by hand",
    words: [
      "| on 2 cores",
      "9 minutes with the set-up",
      "4.5 minutes",
      "16 minutes with the set-up, beside other work",
      "has moved from 13 to 1 on",
    ],
  },
];

/** Numbers in the fixed text of all notebooks: names, and how notebooks refer to each other. */
const notebookNames: Fact = {
  source: "other things' names",
  words: [
    ...[
      "LeNet-5",
      "LeNet5",
      "32×32",
      "int8",
      "float32",
      "Float32",
      "float64",
      "float16",
      "top-1",
      "top-5",
    ],
    ...["1. From image", "2. One network", "3. Training", "4. Pruning", "5. Quantization"],
    ...["6. The paper's", "7. Why two", "Notebook 7", "notebook 7", "notebook 2", "notebook 3"],
    "Notebook 3",
    ...["Figure 1", "Figure 2", "Figure 3", "Figures 1 to 3", "equations (1) and (2)", "64×64"],
    ...["1/K (top-1) and 5/K", "AVX2", "AVX-512", "uint8", "CIFAR-10", "University, 2023"],
  ],
};

/** The other numbers in the fixed text of each notebook. None of them is a result of this project. */
export const notebookFacts: Readonly<Record<string, readonly Fact[]>> = {
  "1_preprocessing.ipynb": [notebookNames, {
    source: "the paper",
    words: [
      "images of 50 classes",
      "the paper's 450 validation and 450 test",
      "part of the 109 seconds",
      "used 0 to 255 as they are",
    ],
  }, {
    source: "the code",
    words: [
      "It has 50 classes of imaginary",
      "At 1 nothing is squashed; at 2 a",
      "mean 0 and standard deviation 1 over",
    ],
  }],
  "2_models.ipynb": [notebookNames, {
    source: "the code",
    words: ["At 5 the slope is nearly 0.", "A convolution of 5×5"],
  }],
  "3_training.ipynb": [notebookNames, {
    source: "the paper",
    words: ["learning rate of 0.01 does"],
  }, {
    source: "the code",
    words: [
      "Adam at 1e-3, standardised",
      "has a floor, 0.",
      "the loss at least 0",
      "Middle grey is 0.",
    ],
  }],
  "4_pruning.ipynb": [notebookNames, {
    source: "the paper",
    words: ["20 % of the weights of each", "40 % of each dense", "20 % and 60 %"],
  }],
  "5_quantization.ipynb": [notebookNames, {
    source: "the code",
    words: [
      "activations are 8-bit whole",
      "sums are 32-bit whole",
      "from −127 to 127",
      "is stored as 0.",
      "from 0 to 255, and the network",
      "that stands for 0",
      "for 4 products",
      "vector of 128 bits holds 4 float32 numbers or 16 bytes",
      "multiply 16 pairs, add neighbours in 16 bits",
      "that of 16 other pairs, and then widen to 32 bits",
      "for 32 products",
      "16 bits hold the numbers from −32,768 to 32,767",
      "byte is 255, and 255 · 128 is less than 32,767",
      "add up to 128",
      "a sum of 32 bits",
      "activations by 1. Calibration on 512 training",
    ],
  }],
  "6_figures.ipynb": [notebookNames, {
    source: "the paper",
    words: [
      "systems score 0.02 and 0.1. With 50 classes",
      "1/50 and 5/50",
      "ended at −588.7",
      "past epoch 10",
      "near epoch 10",
      "one epoch over 63,325",
    ],
  }],
  "7_diagnosis.ipynb": [notebookNames, {
    source: "the paper",
    words: [
      "systems reach 0.02 and 0.1",
      "learning rate is 1e-4, and it",
      "from U(0, 1)",
      "from U(−1, 1)",
      "batches of about 317 images, at 1e-4 with momentum 0.8 (v ← 0.8 v + 0.2 g)",
      "takes 0.0003 of every",
      "pixels from 0 to 255",
      "had 316 or 317 images",
      "learning rate 0.01",
      "pixels, 0.01 against",
    ],
  }, {
    source: "the code",
    words: ["they have 317", "take 1e-3", "against 1e-3", "images of 50 classes of Tiny ImageNet"],
  }],
};
