package bench

// courseParts is the most parts that a course has.
const courseParts = 512

// course is a series over a repeat of any length in at most 512 parts of equally many points, each with the means of its
// x and of its y: when all are there, each two become one. So memory does not grow with the length of a repeat, and a
// straight line stays the same straight line.
type course struct {
	x, y []float64
	of   int // points in a part; 0 is one

	n          int // points of the part that is not full yet
	sumX, sumY float64
}

func (c *course) add(x, y float64) {
	c.of = max(c.of, 1)
	c.n++
	c.sumX += x
	c.sumY += y
	if c.n < c.of {
		return
	}
	c.x, c.y = append(c.x, c.sumX/float64(c.n)), append(c.y, c.sumY/float64(c.n))
	c.n, c.sumX, c.sumY = 0, 0, 0
	if len(c.x) == courseParts {
		c.halve()
	}
}

func (c *course) halve() {
	for i := range courseParts / 2 {
		c.x[i] = (c.x[2*i] + c.x[2*i+1]) / 2
		c.y[i] = (c.y[2*i] + c.y[2*i+1]) / 2
	}
	c.x, c.y = c.x[:courseParts/2], c.y[:courseParts/2]
	c.of *= 2
}
